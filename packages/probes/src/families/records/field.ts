import { words } from '@shadow-gate/platform';

export interface RecordField {
  /** Its key in JSON, its column in CSV. */
  readonly key: string;
  /** Single words, none of which begins with another one; after `a`, they begin with a consonant. */
  readonly values: readonly string[];
  /** `lives in Oslo`: follows a name, or `Who`. Three words each, so that all prose has the same length. */
  readonly statement: (value: string) => string;
  /** The question for the value. `whom` is a name, or `the person who …`. */
  readonly question: (whom: string) => string;
}

export const FIELDS = [
  {
    key: 'city',
    values: words(
      'Athens Berlin Boston Cairo Delhi Denver Dublin Lima Lisbon Madrid Oslo Paris Prague Rome Tokyo Vienna',
    ),
    statement: (value) => `lives in ${value}`,
    question: (whom) => `Where does ${whom} live?`,
  },
  {
    key: 'drink',
    values: words('beer cider cocoa coffee juice lemonade milk soda tea water wine'),
    statement: (value) => `drinks only ${value}`,
    question: (whom) => `What does ${whom} drink?`,
  },
  {
    key: 'instrument',
    values: words('banjo bassoon cello clarinet flute guitar harp piano trombone trumpet tuba viola violin'),
    statement: (value) => `plays the ${value}`,
    question: (whom) => `Which instrument does ${whom} play?`,
  },
  {
    key: 'job',
    values: words('baker barber butcher dentist doctor farmer lawyer nurse painter pilot plumber singer tailor tutor'),
    statement: (value) => `is a ${value}`,
    question: (whom) => `Which job does ${whom} have?`,
  },
  {
    key: 'language',
    values: words(
      'Arabic Danish Dutch English French German Greek Hindi Italian Polish Russian Spanish Swedish Turkish',
    ),
    statement: (value) => `speaks fluent ${value}`,
    question: (whom) => `Which language does ${whom} speak?`,
  },
  {
    key: 'pet',
    values: words('canary cat dog ferret goat hamster lizard parrot pony rabbit snake spider turtle'),
    statement: (value) => `has a ${value}`,
    question: (whom) => `Which pet does ${whom} have?`,
  },
] as const satisfies readonly RecordField[];

/** Another person of the notes. */
export const BOSS: RecordField = {
  key: 'boss',
  values: [],
  statement: (value) => `works for ${value}`,
  question: (whom) => `Who does ${whom} work for?`,
};
