/** A question with four options, in no particular format. */
export interface Problem {
  readonly question: string;
  readonly options: readonly string[];
  /** Index of the right option. */
  readonly answer: number;
}

/** The format of an exam paper. */
export interface Style {
  /** Before the question. */
  readonly heading: string;
  /** Names of the options, which the model should answer with. */
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
  heading: 'Question: ',
  labels: ['A', 'B', 'C', 'D'],
  mark: '.',
  separator: '\n',
  reply: 'Answer:',
};

const LETTERED: readonly Style[] = [
  { heading: 'Q) ', labels: ['(w)', '(x)', '(y)', '(z)'], mark: '', separator: '\n', reply: 'Reply:' },
  { heading: 'QUIZ: ', labels: ['[a]', '[b]', '[c]', '[d]'], mark: '', separator: ' ', reply: 'CHOICE:' },
];
const NUMBERED: readonly Style[] = [
  { heading: 'Q. ', labels: ['1', '2', '3', '4'], mark: ')', separator: '\n', reply: 'Option no.' },
  { heading: 'Problem: ', labels: ['1', '2', '3', '4'], mark: ':', separator: '\n', reply: 'Solution:' },
];

/** Styles without ambiguity: options with numbers do not get numbers as labels. */
export function otherStyles(options: readonly string[]): readonly Style[] {
  return options.some((option) => /\d/.test(option)) ? LETTERED : [...LETTERED, ...NUMBERED];
}

/** The problem up to its answer. */
export function print(style: Style, { question, options }: Problem): string {
  const lines = options.map((option, i) => `${style.labels[i]}${style.mark} ${option}`);
  return [`${style.heading}${question}`, ...lines, style.reply].join(style.separator);
}

/** Worked problems with their answers, and a problem without. */
export function printPaper(style: Style, worked: readonly Problem[], problem: Problem): string {
  const solved = worked.map((each) => `${print(style, each)} ${style.labels[each.answer]}`);
  return [...solved, print(style, problem)].join('\n\n');
}
