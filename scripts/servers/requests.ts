/** Texts of several kinds with four continuations each: 48 to score, and 12 to continue. */

const TEXTS: readonly (readonly [string, readonly string[]])[] = [
  ['The capital of France is', [' Paris', ' Lyon', ' London, which', ' a city in the north of the country.']],
  ['Water freezes at', [' 0 degrees Celsius', ' 32 degrees Fahrenheit', ' noon', ' 100°C.']],
  ['Q: What is 7 times 8?\nA:', [' 56', ' 54', ' 63', ' fifty-six']],
  ['def add(a, b):\n    return', [' a + b', ' a - b', ' None', ' sum([a, b])']],
  ['The opposite of hot is', [' cold', ' warm', ' wet', ' not hot']],
  ['Once upon a time there was a', [' king', ' little girl who', ' dragon', ' small boat.']],
  ['{"name": "Ada", "born":', [' 1815', ' 1915', ' "1815"', ' null}']],
  ['A triangle has', [' three sides', ' four sides', ' 3 corners', ' no sides']],
  ['Der Himmel ist', [' blau', ' grün', ' hoch', ' weit weg.']],
  ['1, 2, 3, 4,', [' 5', ' 6', ' five', ' 5, 6, 7']],
  ['The author of Hamlet is', [' William Shakespeare', ' Charles Dickens', ' unknown', ' Shakespeare.']],
  ['Answer with A or B. Which is a fruit?\nA. apple\nB. stone\nAnswer:', [' A', ' B', ' apple', ' neither']],
];

export const SEQUENCES = TEXTS.flatMap(([context, continuations], i) =>
  continuations.map((continuation, j) => ({ id: `${i}-${j}`, context, continuation })),
);

export const PROMPTS = TEXTS.map(([prompt], i) => ({ id: String(i), prompt, max_new_tokens: 24 }));
