/** A question with four options, before it is set in a format. */
export interface Problem {
  readonly question: string;
  readonly options: readonly string[];
  /** Index of the right option. */
  readonly answer: number;
}

/** How an exam paper looks. */
export interface Style {
  /** Before the question. */
  readonly ask: string;
  /** What the options are called: what a model is to say. */
  readonly labels: readonly string[];
  /** After a label. */
  readonly mark: string;
  /** Between the question, the options and the answer. */
  readonly separator: string;
  /** Before the answer. */
  readonly reply: string;
}

/** The form of the MMLU leaderboards. */
export const EXAM: Style = {
  ask: 'Question: ',
  labels: ['A', 'B', 'C', 'D'],
  mark: '.',
  separator: '\n',
  reply: 'Answer:',
};

const LETTERED: readonly Style[] = [
  { ask: 'Q) ', labels: ['(w)', '(x)', '(y)', '(z)'], mark: '', separator: '\n', reply: 'Reply:' },
  { ask: 'QUIZ: ', labels: ['[a]', '[b]', '[c]', '[d]'], mark: '', separator: ' ', reply: 'CHOICE:' },
];
const NUMBERED: readonly Style[] = [
  { ask: 'Q. ', labels: ['1', '2', '3', '4'], mark: ')', separator: '\n', reply: 'Option no.' },
  { ask: 'Problem: ', labels: ['1', '2', '3', '4'], mark: ':', separator: '\n', reply: 'Solution:' },
];

/** Styles that the options cannot be mistaken in: no number is the label of a number. */
export function otherStyles(options: readonly string[]): readonly Style[] {
  return options.some((option) => /\d/.test(option)) ? LETTERED : [...LETTERED, ...NUMBERED];
}

/** Up to the open answer. */
export function print(style: Style, { question, options }: Problem): string {
  const lines = options.map((option, i) => `${style.labels[i]}${style.mark} ${option}`);
  return [`${style.ask}${question}`, ...lines, style.reply].join(style.separator);
}

/** Worked problems, with their answers, and the last one without. */
export function printPaper(style: Style, worked: readonly Problem[], problem: Problem): string {
  const solved = worked.map((each) => `${print(style, each)} ${style.labels[each.answer]}`);
  return [...solved, print(style, problem)].join('\n\n');
}
