/** In the language of templates: `{a}`, `{b}`, `{c}` are numbers, `{A}`, `{B}`, `{C}` people, the other gaps things. */
interface StoryTemplate {
  /** The ranges of `a`, `b` and `c`, and formulas of them, as in templates that teams write. */
  readonly values: readonly string[];
  readonly answer: string;
  /** Results of stopping early, of a wrong operation, or of counting twice; they need not be integers or positive. */
  readonly mistakes: readonly string[];
  /** Sentences that are clear in both orders. */
  readonly clauses: readonly string[];
  readonly reordered: readonly number[];
  readonly question: string;
}

export const STORIES: readonly StoryTemplate[] = [
  {
    values: ['30..98', '11..60'],
    answer: 'a - b',
    mistakes: ['a + b', 'a', 'b'],
    clauses: ['{A} collects {a} {many}.', '{B} collects {b} {many}.'],
    reordered: [1, 0],
    question: 'How many more {many} does {A} collect than {B}?',
  },
  {
    values: ['11..50', '11..50'],
    answer: 'a + b',
    mistakes: ['abs(a - b)', 'a', 'b', 'a + 2 * b'],
    clauses: ['{A} gave {a} {many} to {B} yesterday.', '{A} has {b} {many} today.'],
    reordered: [1, 0],
    question: 'How many {many} did {A} have before giving any to {B}?',
  },
  {
    values: ['6..40', '3..30'],
    answer: 'a + a + b',
    mistakes: ['a + b', '2 * a', '2 * (a + b)', '2 * a - b', 'a + 2 * b'],
    clauses: ['{A} has {a} {many}.', '{B} has {b} more {many} than {A}.'],
    reordered: [1, 0],
    question: 'How many {many} do {A} and {B} have together?',
  },
  {
    values: ['3..9', '4..12', '3..20'],
    answer: 'a * b - c',
    mistakes: ['a * b', 'a * b + c', '(a - 1) * b', 'a * (b - 1)', 'a + b + c'],
    clauses: ['{A} has {a} boxes of {many}.', 'There are {b} {many} in each box.', '{A} gives {c} {many} to {B}.'],
    reordered: [1, 0, 2],
    question: 'How many {many} does {A} have left?',
  },
  {
    values: ['11..80', '11..80', '2..6'],
    answer: '(a + b) / c',
    mistakes: ['a + b', 'a', 'b', 'abs(a - b)', 'round(a / c)', 'round(b / c)', '(a + b) / (c + 1)'],
    clauses: [
      '{A} has {a} {many}.',
      '{B} has {b} {many}.',
      '{A} and {B} divide all their {many} equally among {c} bags.',
    ],
    reordered: [2, 1, 0],
    question: 'How many {many} are in each bag?',
  },
  {
    values: ['30..99', '2..9', '3..9'],
    answer: 'a - b * c',
    mistakes: ['b * c', 'a - b', 'a - c', 'a - b - c', 'a + b', 'a - b * (c - 1)'],
    clauses: ['{A} starts with {a} dollars.', '{An one} costs {b} dollars.', '{A} buys {c} {many}.'],
    reordered: [1, 0, 2],
    question: 'How many dollars does {A} have left?',
  },
  {
    values: ['20..80', '11..70', '2..6'],
    answer: '(a - b) * c',
    mistakes: ['a - b', 'a * c - b', 'b * c', 'a + b', '(a - b) * (c - 1)'],
    clauses: ['{A} earns {a} dollars every week.', '{A} spends {b} dollars every week and saves the rest.'],
    reordered: [1, 0],
    question: 'How many dollars does {A} save in {c} weeks?',
  },
  {
    values: ['4..24', '3..5', '3..20'],
    answer: 'a + a * b - c',
    mistakes: ['a * b - c', 'a * b', 'a + a * b', 'a + a * b + c', 'a + b + c', '2 * a * b - c'],
    clauses: ['{A} has {a} {many}.', '{B} has {b} times as many {many} as {A}.', '{C} has {c} fewer {many} than {B}.'],
    reordered: [2, 1, 0],
    question: 'How many {many} do {A} and {C} have together?',
  },
  {
    values: ['12..90 by 2', '3..40'],
    answer: 'a / 2 + b',
    mistakes: ['a + b', 'a / 2', 'a - b', 'abs(a / 2 - b)', 'a + a / 2'],
    clauses: ['{A} has {a} {many}.', '{B} has half as many {many} as {A}.', '{C} has {b} more {many} than {B}.'],
    reordered: [2, 1, 0],
    question: 'How many {many} does {C} have?',
  },
  {
    values: ['3..20', '3..20', '2..8'],
    answer: '(a + b) * c',
    mistakes: ['a + b', 'a * c', 'b * c', 'a * c + b', 'a + b * c', 'a + b + c'],
    clauses: ['{A} packs {a} {many} every hour.', '{B} packs {b} {many} every hour.'],
    reordered: [1, 0],
    question: 'How many {many} do {A} and {B} pack together in {c} hours?',
  },
];
