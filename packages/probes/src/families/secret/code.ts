import { at } from '@shadow-gate/platform';
import type { Random } from '../../random.ts';
import { NONCE_WORDS } from '../../words.ts';
import type { ProbeFamily } from '../family.ts';
import { familyFrom } from '../recipe.ts';
import { type Draw, numberProblem, problemAbout, problemLevel } from './problem.ts';

const CHOICES = 4;
const NAMES = 'a b c n x y z total items values word text result'.split(' ');

const asked = (program: string) => ({
  question: `What does this Python program print?\n${program}`,
  cloze: `${program}\nThe program prints`,
});

const numbersFrom = (random: Random, count: number, most: number) =>
  random.sample(
    Array.from({ length: most - 1 }, (_, i) => i + 2),
    count,
  );

/** By an index from the start, or from the end. */
const element: Draw = (random) => {
  const [values, name, start] = [numbersFrom(random, CHOICES, 98), random.pick(NAMES), random.pick([0, -CHOICES])];
  return problemAbout(
    random,
    values.map((value, i) => ({ value, index: start + i })),
    {
      answer: ({ value }) => String(value),
      ask: ({ index }) => asked(`${name} = [${values.join(', ')}]\nprint(${name}[${index}])`),
    },
  );
};

/** Values that say which key they have. */
const MEANT = {
  animal: 'bear cat cow dog duck fox frog goat horse lion mouse sheep tiger wolf',
  city: 'Athens Berlin Boston Cairo Chicago Dublin London Madrid Moscow Paris Rome Tokyo Vienna Warsaw',
  color: 'black blue brown gray green orange pink purple red white yellow',
  drink: 'beer cocoa coffee juice milk soda tea water wine',
  job: 'actor baker doctor farmer judge lawyer nurse pilot sailor teacher',
  month: 'April August December February January July June March October',
};

const meaningful: Draw = (random) => {
  const entries = random
    .sample(Object.entries(MEANT), CHOICES)
    .map(([key, values]) => ({ key, value: random.pick(values.split(' ')) }));
  const name = random.pick(NAMES);
  const told = entries.map(({ key, value }) => `'${key}': '${value}'`).join(', ');
  return problemAbout(random, entries, {
    answer: ({ value }) => value,
    ask: ({ key }) => asked(`${name} = {${told}}\nprint(${name}['${key}'])`),
  });
};

/** Two texts, each first or second. */
const joined: Draw = (random) => {
  const [a = '', b = '', c = '', d = ''] = random.sample(NONCE_WORDS, 4);
  const name = random.pick(NAMES);
  const pairs = [
    [a, b],
    [c, b],
    [a, d],
    [c, d],
  ];
  return problemAbout(random, pairs, {
    answer: (pair) => pair.join(''),
    ask: ([first, second]) => asked(`${name} = '${first}'\nprint(${name} + '${second}')`),
  });
};

/** The value of a key, or of the variable that was assigned: both only have to be found. */
const lookup: Draw = (random) => {
  const [values, keys, name] = [
    numbersFrom(random, CHOICES, 98),
    random.sample(NONCE_WORDS, CHOICES),
    random.pick(NAMES),
  ];
  const isDictionary = random.int(0, 1) === 1;
  const entries = keys.map((key, i) => ({ key, value: at(values, i) }));
  const told = isDictionary
    ? `${name} = {${entries.map(({ key, value }) => `'${key}': ${value}`).join(', ')}}`
    : entries.map(({ key, value }) => `${key} = ${value}`).join('\n');
  return problemAbout(random, entries, {
    answer: ({ value }) => String(value),
    ask: ({ key }) => asked(`${told}\nprint(${isDictionary ? `${name}['${key}']` : key})`),
  });
};

/** The value of an expression, of numbers in a row. */
function printed(random: Random, program: string, answer: number): ReturnType<Draw> {
  return numberProblem(random, asked(program), { answer, step: random.pick([1, 2]) });
}

const sum: Draw = (random) => {
  const [a = 0, b = 0] = numbersFrom(random, 2, 40);
  const [first, second] = random.sample(NAMES, 2);
  return printed(random, `${first} = ${a}\n${second} = ${b}\nprint(${first} + ${second})`, a + b);
};

const loop: Draw = (random) => {
  const values = numbersFrom(random, random.int(3, 4), 20);
  const [total, each] = random.sample(NAMES, 2);
  const program = `${total} = 0\nfor ${each} in [${values.join(', ')}]:\n    ${total} += ${each}\nprint(${total})`;
  return printed(
    random,
    program,
    values.reduce((all, value) => all + value, 0),
  );
};

const guarded: Draw = (random) => {
  const [values, limit] = [numbersFrom(random, 5, 20), random.int(6, 14)];
  const [total, each] = random.sample(NAMES, 2);
  const [sign, holds] = random.pick([
    ['>', (value: number) => value > limit],
    ['<', (value: number) => value < limit],
  ] as const);
  const kept = values.filter(holds);
  if (kept.length < 2 || kept.length === values.length) return undefined;
  const body = `    if ${each} ${sign} ${limit}:\n        ${total} += ${each}`;
  const program = `${total} = 0\nfor ${each} in [${values.join(', ')}]:\n${body}\nprint(${total})`;
  return printed(
    random,
    program,
    kept.reduce((all, value) => all + value, 0),
  );
};

/** Precedence, whole quotients and remainders of positive numbers. */
const expression: Draw = (random) => {
  const [a = 0, b = 0, c = 0, d = 0] = numbersFrom(random, 4, 20);
  const [text, value] = random.pick([
    [`${a} + ${b} * ${c}`, a + b * c],
    [`(${a} + ${b}) * ${c}`, (a + b) * c],
    [`${a * b + c} // ${a} + ${d}`, Math.floor((a * b + c) / a) + d],
    [`${a * b + c} % ${a} + ${d}`, ((a * b + c) % a) + d],
    [`${a} * ${b} - ${c} % ${d}`, a * b - (c % d)],
  ] as const);
  return printed(random, `print(${text})`, value);
};

/** A part of a word, by the indexes of its start and its end. */
const slice: Draw = (random) => {
  const word = `${random.pick(NONCE_WORDS)}${random.pick(NONCE_WORDS)}${random.pick(NONCE_WORDS)}`;
  const [name, length] = [random.pick(NAMES), random.int(2, 4)];
  const starts = random.sample(
    Array.from({ length: word.length - length }, (_, i) => i),
    CHOICES,
  );
  return problemAbout(random, starts, {
    answer: (start) => word.slice(start, start + length),
    ask: (start) => asked(`${name} = '${word}'\nprint(${name}[${start}:${start + length}])`),
  });
};

const worked = (program: string, answer: string) => ({ ...asked(program), answer });
const INDEXED = [worked('k = [31, 12, 27, 60]\nprint(k[0])', '31'), worked('m = [8, 71, 26, 40]\nprint(m[-1])', '40')];
const KEYED = [
  worked("k = {'season': 'summer', 'fruit': 'lemon'}\nprint(k['fruit'])", 'lemon'),
  worked("m = {'metal': 'iron', 'season': 'winter'}\nprint(m['metal'])", 'iron'),
];
const JOINED = [worked("k = 'foot'\nprint(k + 'ball')", 'football'), worked("m = 'egg'\nprint(m + 'cup')", 'eggcup')];
const FOUND = [
  worked("k = {'red': 31, 'blue': 12}\nprint(k['blue'])", '12'),
  worked('red = 8\nblue = 71\nprint(red)', '8'),
];
const SUMS = [worked('k = 12\nm = 5\nprint(k + m)', '17'), worked('k = 30\nm = 11\nprint(k + m)', '41')];
const LOOPS = [
  worked('k = 0\nfor m in [2, 7, 1]:\n    k += m\nprint(k)', '10'),
  worked('k = 0\nfor m in [5, 11]:\n    k += m\nprint(k)', '16'),
];
const GUARDED = [
  worked('k = 0\nfor m in [2, 7, 1, 9]:\n    if m > 5:\n        k += m\nprint(k)', '16'),
  worked('k = 0\nfor m in [4, 11, 3]:\n    if m < 8:\n        k += m\nprint(k)', '7'),
];
const VALUES = [worked('print(2 + 3 * 4)', '14'), worked('print(17 // 5 + 1)', '4')];
const SLICES = [worked("k = 'window'\nprint(k[0:3])", 'win'), worked("k = 'garden'\nprint(k[2:4])", 'rd')];

/** What small Python programs print. */
export const pythonCode: ProbeFamily = familyFrom('code', 'composition', [
  problemLevel('two texts in a row', [joined], { worked: JOINED }),
  problemLevel('the value of a key', [meaningful], { worked: KEYED }),
  problemLevel('the value of a name', [lookup], { worked: FOUND }),
  problemLevel('an element of a list', [element], { worked: INDEXED }),
  problemLevel('a sum, and a part of a text', [sum, slice], { worked: [...SUMS, ...SLICES] }),
  problemLevel('a loop', [loop], { worked: LOOPS }),
  problemLevel('expressions, and a loop with a condition', [expression, guarded], { worked: [...VALUES, ...GUARDED] }),
]);
