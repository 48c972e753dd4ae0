/** What a record tells of a person. */
export interface Field {
  /** Its key in JSON, its column in CSV. */
  readonly key: string;
  /** Single words, none the beginning of another; where `a` stands before them, they begin with a consonant. */
  readonly values: readonly string[];
  /** `lives in Oslo`: after a name, and after `Who`. Three words each, so that all prose is equally long. */
  readonly told: (value: string) => string;
  /** Asks for the value. `whom` is a name, or `the person who …`. */
  readonly asked: (whom: string) => string;
}

const words = (text: string) => text.split(' ');

export const FIELDS: readonly Field[] = [
  {
    key: 'city',
    values: words(
      'Athens Berlin Boston Cairo Delhi Denver Dublin Lima Lisbon Madrid Oslo Paris Prague Rome Tokyo Vienna',
    ),
    told: (value) => `lives in ${value}`,
    asked: (whom) => `Where does ${whom} live?`,
  },
  {
    key: 'drink',
    values: words('beer cider cocoa coffee juice lemonade milk soda tea water wine'),
    told: (value) => `drinks only ${value}`,
    asked: (whom) => `What does ${whom} drink?`,
  },
  {
    key: 'instrument',
    values: words('banjo bassoon cello clarinet flute guitar harp piano trombone trumpet tuba viola violin'),
    told: (value) => `plays the ${value}`,
    asked: (whom) => `Which instrument does ${whom} play?`,
  },
  {
    key: 'job',
    values: words(
      'baker barber butcher dentist doctor farmer lawyer nurse painter pilot plumber singer tailor teacher',
    ),
    told: (value) => `is a ${value}`,
    asked: (whom) => `Which job does ${whom} have?`,
  },
  {
    key: 'language',
    values: words(
      'Arabic Danish Dutch English French German Greek Hindi Italian Polish Russian Spanish Swedish Turkish',
    ),
    told: (value) => `speaks fluent ${value}`,
    asked: (whom) => `Which language does ${whom} speak?`,
  },
  {
    key: 'pet',
    values: words('canary cat dog ferret goat hamster lizard parrot pony rabbit snake spider turtle'),
    told: (value) => `has a ${value}`,
    asked: (whom) => `Which pet does ${whom} have?`,
  },
];
