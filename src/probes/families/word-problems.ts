import { at } from '../../platform/at.ts';
import type { Question } from '../item.ts';
import type { Random } from '../random.ts';
import { drawNew } from './draw-new.ts';
import type { Pair, Phrasing, ProbeFamily } from './family.ts';
import {
  capitalize,
  NAMES,
  NOUNS,
  PLACES,
  UNCOMMON_NAMES,
  UNCOMMON_NOUNS,
  UNCOMMON_PLACES,
  withArticle,
} from './words.ts';

type Formula<T> = (a: number, b: number, c: number) => T;

/**
 * A story with gaps: `{a}`, `{b}`, `{c}` for numbers, `{A}`, `{B}`, `{C}` for people, `{many}` and `{An one}` for
 * things.
 */
interface StoryTemplate {
  readonly draw: (random: Random) => readonly number[];
  readonly answer: Formula<number>;
  /** Results of stopping early, of a wrong operation, or of counting twice; they need not be integers or positive. */
  readonly mistakes: Formula<readonly number[]>;
  /** Sentences that are clear in both orders. */
  readonly clauses: readonly string[];
  /** The other order. */
  readonly reordered: readonly number[];
  readonly question: string;
}

const TEMPLATES: readonly StoryTemplate[] = [
  {
    draw: (random) => [random.int(30, 98), random.int(11, 60)],
    answer: (a, b) => a - b,
    mistakes: (a, b) => [a + b, a, b],
    clauses: ['{A} collects {a} {many}.', '{B} collects {b} {many}.'],
    reordered: [1, 0],
    question: 'How many more {many} does {A} collect than {B}?',
  },
  {
    draw: (random) => [random.int(11, 50), random.int(11, 50)],
    answer: (a, b) => a + b,
    mistakes: (a, b) => [Math.abs(a - b), a, b, a + 2 * b],
    clauses: ['{A} gave {a} {many} to {B} yesterday.', '{A} has {b} {many} today.'],
    reordered: [1, 0],
    question: 'How many {many} did {A} have before giving any to {B}?',
  },
  {
    draw: (random) => [random.int(6, 40), random.int(3, 30)],
    answer: (a, b) => a + a + b,
    mistakes: (a, b) => [a + b, 2 * a, 2 * (a + b), 2 * a - b, a + 2 * b],
    clauses: ['{A} has {a} {many}.', '{B} has {b} more {many} than {A}.'],
    reordered: [1, 0],
    question: 'How many {many} do {A} and {B} have together?',
  },
  {
    draw: (random) => [random.int(3, 9), random.int(4, 12), random.int(3, 20)],
    answer: (a, b, c) => a * b - c,
    mistakes: (a, b, c) => [a * b, a * b + c, (a - 1) * b, a * (b - 1), a + b + c],
    clauses: ['{A} has {a} boxes of {many}.', 'There are {b} {many} in each box.', '{A} gives {c} {many} to {B}.'],
    reordered: [1, 0, 2],
    question: 'How many {many} does {A} have left?',
  },
  {
    draw: (random) => [random.int(11, 80), random.int(11, 80), random.int(2, 6)],
    answer: (a, b, c) => (a + b) / c,
    mistakes: (a, b, c) => [a + b, a, b, Math.abs(a - b), Math.round(a / c), Math.round(b / c), (a + b) / (c + 1)],
    clauses: [
      '{A} has {a} {many}.',
      '{B} has {b} {many}.',
      '{A} and {B} divide all their {many} equally among {c} bags.',
    ],
    reordered: [2, 1, 0],
    question: 'How many {many} are in each bag?',
  },
  {
    draw: (random) => [random.int(30, 99), random.int(2, 9), random.int(3, 9)],
    answer: (a, b, c) => a - b * c,
    mistakes: (a, b, c) => [b * c, a - b, a - c, a - b - c, a + b, a - b * (c - 1)],
    clauses: ['{A} starts with {a} dollars.', '{An one} costs {b} dollars.', '{A} buys {c} {many}.'],
    reordered: [1, 0, 2],
    question: 'How many dollars does {A} have left?',
  },
  {
    draw: (random) => [random.int(20, 80), random.int(11, 70), random.int(2, 6)],
    answer: (a, b, c) => (a - b) * c,
    mistakes: (a, b, c) => [a - b, a * c - b, b * c, a + b, (a - b) * (c - 1)],
    clauses: ['{A} earns {a} dollars every week.', '{A} spends {b} dollars every week and saves the rest.'],
    reordered: [1, 0],
    question: 'How many dollars does {A} save in {c} weeks?',
  },
  {
    draw: (random) => [random.int(4, 24), random.int(3, 5), random.int(3, 20)],
    answer: (a, b, c) => a + a * b - c,
    mistakes: (a, b, c) => [a * b - c, a * b, a + a * b, a + a * b + c, a + b + c, 2 * a * b - c],
    clauses: ['{A} has {a} {many}.', '{B} has {b} times as many {many} as {A}.', '{C} has {c} fewer {many} than {B}.'],
    reordered: [2, 1, 0],
    question: 'How many {many} do {A} and {C} have together?',
  },
  {
    draw: (random) => [2 * random.int(6, 45), random.int(3, 40)],
    answer: (a, b) => a / 2 + b,
    mistakes: (a, b) => [a + b, a / 2, a - b, Math.abs(a / 2 - b), a + a / 2],
    clauses: ['{A} has {a} {many}.', '{B} has half as many {many} as {A}.', '{C} has {b} more {many} than {B}.'],
    reordered: [2, 1, 0],
    question: 'How many {many} does {C} have?',
  },
  {
    draw: (random) => [random.int(3, 20), random.int(3, 20), random.int(2, 8)],
    answer: (a, b, c) => (a + b) * c,
    mistakes: (a, b, c) => [a + b, a * c, b * c, a * c + b, a + b * c, a + b + c],
    clauses: ['{A} packs {a} {many} every hour.', '{B} packs {b} {many} every hour.'],
    reordered: [1, 0],
    question: 'How many {many} do {A} and {B} pack together in {c} hours?',
  },
];

/** A sentence without a number, and its counterpart with an irrelevant number `{n}`. */
const REMARKS: readonly (readonly [string, string])[] = [
  ['The {place} opened a long time ago.', 'The {place} opened {n} years ago.'],
  ['There are many people at the {place} today.', 'There are {n} people at the {place} today.'],
  ['{A} often takes the bus to the {place}.', '{A} often takes bus {n} to the {place}.'],
  ['{A} lives not far from the {place}.', '{A} lives {n} meters from the {place}.'],
  ['There are many trees along the road to the {place}.', 'There are {n} trees along the road to the {place}.'],
];

/** Every answer and every choice has two digits, so none stands out, and all have the same number of tokens. */
const MIN_ANSWER = 10;
const MAX_ANSWER = 99;
const fits = (n: number) => Number.isInteger(n) && n >= MIN_ANSWER && n <= MAX_ANSWER;

/** Distances of further wrong answers, if a template does not have enough mistakes. */
const NEAR_MISSES = [-12, -10, -4, -2, 2, 4, 10, 12];
const WRONG = 3;

const EXAMPLES = `Question: Kate has 14 cups. Bob has 8 cups. How many cups do Kate and Bob have together?
Answer: 22

Question: Bob has 5 bags of cards. There are 7 cards in each bag. Bob loses 9 cards. How many cards does Bob have left?
Answer: 26

`;

interface Story {
  readonly template: StoryTemplate;
  readonly numbers: readonly number[];
  readonly question: Question;
  readonly remark: (typeof REMARKS)[number];
  readonly remarkFirst: boolean;
  /** The irrelevant number: one of the wrong choices. */
  readonly remarkNumber: number;
}

/** The values of `{A}`, `{many}` and the other gaps that are not numbers. */
type Cast = Readonly<Record<string, string>>;

function drawCast(random: Random, names: readonly string[], nouns: typeof NOUNS, places: readonly string[]): Cast {
  const [A = '', B = '', C = ''] = random.sample(names, 3);
  const { one, many } = random.pick(nouns);
  return { A, B, C, many, 'An one': capitalize(withArticle(one)), place: random.pick(places) };
}

/**
 * Three wrong answers, `below` of them smaller than the right one, so that the right one is the smallest, the second,
 * the third and the largest equally often.
 */
function wrongAnswers(random: Random, answer: number, mistakes: readonly number[], below: number): number[] {
  const near = random.shuffle(NEAR_MISSES).map((distance) => answer + distance);
  const fit = [...new Set([...random.shuffle(mistakes), ...near])].filter((n) => fits(n) && n !== answer);
  return [...fit.filter((n) => n < answer).slice(0, below), ...fit.filter((n) => n > answer).slice(0, WRONG - below)];
}

/** Numbers for a template; undefined if they make no sensible story, are not all different, or give the answer away. */
function drawStory(random: Random, template: StoryTemplate, below: number): Story | undefined {
  const numbers = template.draw(random);
  const [a = 0, b = 0, c = 0] = numbers;
  const answer = template.answer(a, b, c);
  if (!fits(answer) || new Set([...numbers, answer]).size <= numbers.length) return undefined;
  const wrong = wrongAnswers(random, answer, template.mistakes(a, b, c), below);
  const remarkNumber = wrong.find((n) => !numbers.includes(n));
  if (wrong.length < WRONG || remarkNumber === undefined) return undefined;
  const choices = random.shuffle([answer, ...wrong]).map(String);
  return {
    template,
    numbers,
    question: { kind: 'choice', choices, answer: choices.indexOf(String(answer)), scoring: 'raw' },
    remark: random.pick(REMARKS),
    remarkFirst: random.int(0, 1) === 0,
    remarkNumber,
  };
}

/** What can differ between the two forms. */
interface Variant {
  readonly cast: Cast;
  /** Indices of the clauses. */
  readonly order: readonly number[];
  readonly hasNumberInRemark: boolean;
}

function phrase(name: string, story: Story, { cast, order, hasNumberInRemark }: Variant): Phrasing {
  const { template, numbers, remark, remarkFirst, remarkNumber, question } = story;
  const clauses = order.map((i) => at(template.clauses, i));
  const sentence = remark[hasNumberInRemark ? 1 : 0];
  const sentences = [...(remarkFirst ? [sentence, ...clauses] : [...clauses, sentence]), template.question];
  const [a, b, c] = numbers;
  const values: Readonly<Record<string, string | number | undefined>> = { ...cast, a, b, c, n: remarkNumber };
  const text = sentences.join(' ').replace(/\{(.+?)\}/g, (_, key: string) => String(values[key]));
  return { template: name, prompt: `${EXAMPLES}Question: ${text}\nAnswer:`, question };
}

function variantOfTwin(random: Random, { template }: Story, exam: Variant, name: string): Variant {
  switch (name) {
    case 'renamed':
      return { ...exam, cast: drawCast(random, UNCOMMON_NAMES, UNCOMMON_NOUNS, UNCOMMON_PLACES) };
    case 'reordered':
      return { ...exam, order: template.reordered };
    case 'distracted':
      return { ...exam, hasNumberInRemark: true };
    default:
      throw new Error(`unknown twin template ${name}`);
  }
}

/** Assign a story template to each twin, so that every template of twins gets all stories equally often. */
function assignStoryTemplates(random: Random, names: readonly string[]): (readonly [string, StoryTemplate])[] {
  const decks = new Map<string, StoryTemplate[]>();
  return names.map((name) => {
    const deck = decks.get(name) ?? [];
    if (deck.length === 0) deck.push(...random.shuffle(TEMPLATES));
    decks.set(name, deck);
    return [name, deck.pop() as StoryTemplate];
  });
}

/** Grade-school arithmetic in one to three steps. */
export const wordProblems: ProbeFamily = {
  name: 'word-problems',
  capability: 'reasoning',
  levels: [
    {
      summary: 'arithmetic in one to three steps',
      twins: [
        { name: 'renamed', kind: 'format' },
        { name: 'reordered', kind: 'format' },
        { name: 'distracted', kind: 'format' },
      ],
    },
  ],
  draw(random, templates) {
    const seen = new Set<string>();
    return assignStoryTemplates(random, templates).map(([name, template]): Pair => {
      const below = random.int(0, WRONG);
      const draw = () => drawStory(random, template, below);
      const story = drawNew(seen, draw, ({ numbers }) => `${template.question} ${numbers}`);
      const exam = {
        cast: drawCast(random, NAMES, NOUNS, PLACES),
        order: [...template.clauses.keys()],
        hasNumberInRemark: false,
      };
      return {
        benchmark: phrase('exam', story, exam),
        twin: phrase(name, story, variantOfTwin(random, story, exam, name)),
      };
    });
  },
};
