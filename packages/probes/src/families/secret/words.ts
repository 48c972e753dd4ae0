import { at } from '@shadow-gate/platform';
import type { Random } from '../../random.ts';
import { NONCE_WORDS } from '../../words.ts';
import type { ProbeFamily } from '../family.ts';
import { familyFrom } from '../recipe.ts';
import { type Draw, inWords, problemAbout, problemLevel } from './problem.ts';

/** Common nouns of three to nine letters. */
const NOUNS = (
  'actor animal answer apple arrow artist aunt autumn baby banana bank basket beach bean bear bird blanket boat bottle ' +
  'bread bridge bucket butter button cabin camera candle carpet castle cat chain chair cheese cherry church circle ' +
  'city clock cloud coat coffee corn cousin cow cup curtain dancer daughter desert desk dinner doctor dog dollar door ' +
  'dragon dress duck eagle ear earth elephant engine eye face factory family farmer feather field finger fire fish ' +
  'flag flower forest fork fox friend frog fruit garden gate ghost giraffe glass glove goat gold grass guitar hammer ' +
  'hand harbor hat hill honey horse hospital hotel house ice insect iron island jacket jar jewel juice jungle kettle ' +
  'key king kitchen kite knee knife ladder lake lamp language lawyer leaf leg lemon letter library lion lizard lunch ' +
  'machine market medicine milk mirror money monkey moon mother motor mountain mouse museum nail neck needle nephew ' +
  'nest night nose notebook number nurse oak ocean office oil onion orange oven owl ox painter palace paper parrot ' +
  'pencil pepper piano picture pillow pilot pizza planet plate pocket potato prince queen question rabbit radio rain ' +
  'restaurant rice ring river road rocket roof rope salad salt sand scarf school scissors sea shadow ship shirt shoe ' +
  'silver sister snake soldier soup spider spoon square stable star station stone storm student sugar summer sun ' +
  'table tailor tea teacher tiger ticket toe tomato tooth tower train tree tunnel umbrella uncle valley vase village ' +
  'violin voice wagon wall water whale wheel window winter wolf woman wood wool yard yogurt zebra'
).split(' ');

/** Each has one opposite that nobody disputes. */
const OPPOSITES = (
  'hot cold|big small|up down|open closed|early late|rich poor|light dark|young old|fast slow|happy sad|full empty|' +
  'high low|in out|day night|left right|first last|strong weak|wet dry|hard soft|true false|long short|wide narrow|' +
  'love hate|win lose|buy sell|push pull|begin end|before after|above below|inside outside|always never|more less|' +
  'near far|clean dirty|thick thin|safe dangerous|loud quiet|deep shallow|friend enemy|sweet sour|' +
  'cheap expensive|arrive leave|remember forget|import export|north south|east west|' +
  'asleep awake|alive dead|guilty innocent|maximum minimum|ascend descend|victory defeat|arrogant humble|' +
  'temporary permanent|visible invisible|birth death|profit loss'
)
  .split('|')
  .map((pair) => pair.split(' '));

const CHOICES = 4;

/** Words that differ in a property, of which one has what is asked for. */
const byProperty =
  (property: (word: string) => string | number, phrase: (value: string | number) => string): Draw =>
  (random) => {
    const chosen = random.sample(NOUNS, CHOICES);
    if (new Set(chosen.map(property)).size < chosen.length) return undefined;
    return problemAbout(random, chosen, {
      answer: (word) => word,
      ask: (word, shown) => ({
        question: `Which of the words ${inWords(shown)} ${phrase(property(word))}?`,
        cloze: `Among the words ${inWords(shown)}, the one that ${phrase(property(word))} is`,
      }),
    });
  };

const begins = byProperty(
  (word) => word.slice(0, 1),
  (letter) => `begins with the letter ${letter}`,
);
const ends = byProperty(
  (word) => word.slice(-1),
  (letter) => `ends with the letter ${letter}`,
);
const hasLetters = byProperty(
  (word) => word.length,
  (letters) => `has ${letters} letters`,
);

const opposite: Draw = (random) => {
  const pairs = random.sample(OPPOSITES, CHOICES).map((pair) => random.shuffle(pair));
  return problemAbout(random, pairs, {
    answer: (pair) => at(pair, 1),
    ask: (pair) => ({
      question: `What is the opposite of the word "${at(pair, 0)}"?`,
      cloze: `The opposite of the word "${at(pair, 0)}" is the word`,
    }),
  });
};

/** Two words in one, letter by letter. The other answers have the same parts in other places. */
const spelled =
  (parts: readonly string[]): Draw =>
  (random) => {
    const [a = '', b = '', c = '', d = ''] = random.sample(parts, 4);
    return problemAbout(random, [a + b, c + b, a + d, c + d], {
      answer: (word) => word,
      ask: (word) => {
        const letters = [...word].join('-');
        return { question: `Which word is spelled ${letters}?`, cloze: `The letters ${letters} spell the word` };
      },
    });
  };

const PLACES = ['first', 'second', 'third', 'last'];

/** By the order of code units, which for small letters is that of the alphabet. */
const alphabetical: Draw = (random) => {
  const sorted = random.sample(NOUNS, CHOICES).sort();
  // The first letters decide.
  if (new Set(sorted.map((word) => word.slice(0, 1))).size < CHOICES) return undefined;
  return problemAbout(
    random,
    sorted.map((word, i) => ({ word, place: at(PLACES, i) })),
    {
      answer: ({ word }) => word,
      ask: ({ place }, shown) => {
        const words = inWords(shown.map(({ word }) => word));
        return {
          question: `Which of the words ${words} is ${place} in alphabetical order?`,
          cloze: `Among the words ${words}, the ${place} in alphabetical order is`,
        };
      },
    },
  );
};

/** A letter by its place, and three others of the word. */
const letterAt: Draw = (random) => {
  const word = random.pick(NOUNS);
  const letters = [...word].map((letter, i) => ({ letter, place: i })).filter(({ place }) => place < ORDINALS.length);
  if (new Set(letters.map(({ letter }) => letter)).size < letters.length || letters.length < CHOICES) return undefined;
  const written = random.int(0, 1) === 1 ? word.toUpperCase() : word;
  return problemAbout(random, random.sample(letters, CHOICES), {
    answer: ({ place }) => at([...written], place),
    ask: ({ place }) => ({
      question: `What is the ${at(ORDINALS, place)} letter of the word "${written}"?`,
      cloze: `The ${at(ORDINALS, place)} letter of the word "${written}" is`,
    }),
  });
};

const ORDINALS = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh'];

/** Two words, one after the other: how many letters? */
const letterCount: Draw = (random: Random) => {
  const pairs = Array.from({ length: CHOICES }, () => random.sample(NOUNS, 2));
  return problemAbout(random, pairs, {
    answer: (pair) => String(pair.join('').length),
    ask: (pair) => ({
      question: `How many letters do the words "${pair.join('" and "')}" have together?`,
      cloze: `The number of letters of the words "${pair.join('" and "')}" together is`,
    }),
  });
};

const worked = (question: string, cloze: string, answer: string) => ({ question, cloze, answer });
const OPPOSITE = [
  worked('What is the opposite of the word "black"?', 'The opposite of the word "black" is the word', 'white'),
  worked('What is the opposite of the word "husband"?', 'The opposite of the word "husband" is the word', 'wife'),
];
const chosen = (words: string, property: string, answer: string) =>
  worked(`Which of the words ${words} ${property}?`, `Among the words ${words}, the one that ${property} is`, answer);
const BEGINS = [
  chosen('hour and lip', 'begins with the letter l', 'lip'),
  chosen('egg and tail', 'begins with the letter e', 'egg'),
];
const ENDS = [
  chosen('hour and lip', 'ends with the letter r', 'hour'),
  chosen('egg and tail', 'ends with the letter l', 'tail'),
];
const SPELLED = [
  worked('Which word is spelled f-o-o-t-b-a-l-l?', 'The letters f-o-o-t-b-a-l-l spell the word', 'football'),
  worked('Which word is spelled e-g-g-c-u-p?', 'The letters e-g-g-c-u-p spell the word', 'eggcup'),
];
const LONG = [chosen('hour and lip', 'has 3 letters', 'lip'), chosen('egg and tail', 'has 4 letters', 'tail')];
const PLACE = [
  worked('What is the second letter of the word "tail"?', 'The second letter of the word "tail" is', 'a'),
  worked('What is the third letter of the word "hour"?', 'The third letter of the word "hour" is', 'u'),
];
const ordered = (words: string, place: string, answer: string) =>
  worked(
    `Which of the words ${words} is ${place} in alphabetical order?`,
    `Among the words ${words}, the ${place} in alphabetical order is`,
    answer,
  );
const ORDERED = [
  ordered('tail, hour, lip and egg', 'first', 'egg'),
  ordered('lip, tail, egg and hour', 'third', 'lip'),
];
const COUNTED = [
  worked(
    'How many letters do the words "egg" and "lip" have together?',
    'The number of letters of the words "egg" and "lip" together is',
    '6',
  ),
  worked(
    'How many letters do the words "tail" and "lip" have together?',
    'The number of letters of the words "tail" and "lip" together is',
    '7',
  ),
];

/** Letters, lengths, order and opposites of common English words. */
export const englishWords: ProbeFamily = familyFrom('words', 'composition', [
  problemLevel('spelling of words that do not exist', [spelled(NONCE_WORDS)], { worked: SPELLED }),
  problemLevel('opposites and spelling', [opposite, spelled(NOUNS)], { worked: [...OPPOSITE, ...SPELLED] }),
  problemLevel('first and last letters', [begins, ends], { worked: [...BEGINS, ...ENDS] }),
  problemLevel('a letter of a word', [letterAt], { worked: PLACE }),
  problemLevel('the length of a word', [hasLetters], { worked: LONG }),
  problemLevel('alphabetical order', [alphabetical], { worked: ORDERED }),
  problemLevel('letters of two words', [letterCount], { worked: COUNTED }),
]);
