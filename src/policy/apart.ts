import { type SuiteRole, suiteNameFromFile } from '@shadow-gate/probes/suite';

/** The scoring of a file of requests that have to be refused. */
export const REFUSAL_SCORING = 'refusal';

/** The settings that mark a file that is not a benchmark. */
interface ApartFile {
  readonly file: string;
  readonly scoring?: string | undefined;
  readonly 'must-pass'?: boolean | undefined;
  readonly fields?: { readonly cluster?: string | undefined } | undefined;
}

/** Undefined for a benchmark. */
export function roleOf({ scoring, 'must-pass': mustPass }: Omit<ApartFile, 'file'>): SuiteRole | undefined {
  if (mustPass === true) return 'must-pass';
  return scoring === REFUSAL_SCORING ? 'refusal' : undefined;
}

export function mustPassSuites(files: readonly ApartFile[]): string[] {
  return files.filter((file) => roleOf(file) === 'must-pass').map(({ file }) => suiteNameFromFile(file));
}

/** Settings of benchmarks, which mean nothing for requests. */
const OF_QUESTIONS = [
  ...(['steps', 'twins-of', 'prompt', 'few-shot', 'answer-pattern', 'filter', 'documents', 'num-fewshot'] as const),
  ...(['samples', 'temperature'] as const),
];

/** Limits of a loss, which files that are judged apart do not have. A file of requests may also have a level. */
const OF_LOSSES = ['required', 'drop', 'relative-drop', 'floor', 'slices'] as const;

type Settings = Omit<ApartFile, 'file'> & {
  readonly [Key in 'refusal-patterns' | 'level' | (typeof OF_QUESTIONS | typeof OF_LOSSES)[number]]?: unknown;
};

/** A setting that contradicts the others of an entry, and the remedy. */
export function findApartMistake(own: Settings): { readonly key: string; readonly message: string } | null {
  if (own.scoring !== REFUSAL_SCORING && own['refusal-patterns'] !== undefined) {
    return { key: 'refusal-patterns', message: `is of requests: add scoring: ${REFUSAL_SCORING}, or leave it out` };
  }
  const other = own.scoring === REFUSAL_SCORING ? OF_QUESTIONS.find((key) => own[key] !== undefined) : undefined;
  if (other !== undefined) return { key: other, message: 'a request is asked as it is written: leave it out' };
  const limit = roleOf(own) === undefined ? undefined : OF_LOSSES.find((key) => own[key] !== undefined);
  if (limit !== undefined) return { key: limit, message: 'is of questions whose losses are counted: leave it out' };
  if (own['must-pass'] !== true) return null;
  if (own.level !== undefined) return { key: 'level', message: 'a question that may never break fails: leave it out' };
  if (own['twins-of'] !== undefined) {
    const message = 'twins are judged together, and must-pass questions one by one: use two files';
    return { key: 'must-pass', message };
  }
  if (own.fields?.cluster !== undefined) {
    return { key: 'fields', message: 'must-pass questions are judged one by one: leave cluster out' };
  }
  return null;
}
