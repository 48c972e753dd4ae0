import { UserError } from '@shadow-gate/platform';
import {
  canBeOpen,
  canBePermuted,
  clozeTwin,
  distracted,
  examText,
  lettered,
  OPEN_CLUSTERS,
  open,
  permuted,
  restyled,
} from '../forms/choice-twins.ts';
import { distractedProblem, REDRAWN, redrawnProblem } from '../forms/exact-twins.ts';
import type { BenchmarkForms, ChoiceRecord, ExactRecord } from '../forms/question.ts';
import { answerKind, type ChoiceScoring, type TwinKind, type Wording } from '../item.ts';
import { Random, type Seed } from '../random.ts';
import type { StepMode } from '../redraw/link-steps.ts';
import { type LocatedItem, toItem } from './fields/item-fields.ts';
import type { Questions } from './questions.ts';

/** Kinds that can be derived; a group comes from a file of its own. */
export type DerivedKind = Exclude<TwinKind, 'group'>;

export interface DeriveOptions {
  readonly seed: Seed;
  readonly kinds: readonly DerivedKind[];
  readonly scoring: ChoiceScoring;
  readonly steps: StepMode;
}

/** Warns how many problems were redrawn. */
export function deriveItems(
  questions: Questions,
  forms: BenchmarkForms,
  { path, ...options }: DeriveOptions & { readonly path: string },
): { readonly located: readonly LocatedItem[]; readonly warnings: readonly string[] } {
  if (questions.kind === 'choice') {
    return { located: deriveChoiceItems(questions.records, forms, options), warnings: [] };
  }
  const located = deriveExactItems(questions.records, forms, options);
  // Other files have no steps.
  const hasSteps = questions.records.some(({ solution }) => solution?.includes('<<'));
  if (!options.kinds.includes('fresh') || !hasSteps) return { located, warnings: [] };
  const count = located.filter(({ item }) => item.cluster === REDRAWN).length;
  const [some, all] = [count, questions.records.length].map((number) => number.toLocaleString('en-US'));
  return { located, warnings: [`${path}: ${some} of ${all} problems have a twin with other numbers`] };
}

/** One item in three gets a robustness form: it decides nothing, and should cost little. */
const ROBUSTNESS_SHARE = 3;
const ROBUSTNESS = { form: 'robustness', cluster: 'distracted' } as const;

/**
 * The exam form by letter and by text, and twins that depend only on seed and id. A memorized letter is wrong in one.
 * @throws UserError if none of the kinds can be derived
 */
function deriveChoiceItems(
  questions: readonly ChoiceRecord[],
  forms: BenchmarkForms,
  { seed, kinds, scoring }: DeriveOptions,
): LocatedItem[] {
  const [first] = questions;
  if (first && !kinds.includes('open') && !kinds.includes('format')) {
    throw new UserError(
      `${first.where}: twins: no ${kinds.join(' or ')} twin can be derived from a question with choices`,
      'add open to the twins of the policy, or give new questions as a file with twins-of',
    );
  }
  const places = drawPlaces(questions, seed);
  return questions.flatMap((question) => {
    const place = places.get(question.id) ?? 0;
    const random = (cluster: string) => new Random(seed, `${cluster} of ${question.id}`);
    const twin = (kind: DerivedKind, cluster: string, wording: Wording) =>
      toItem(question, { form: 'twin', kind, cluster }, wording);
    const write = forms.choice(question);
    const benchmark = write(question);
    // A model that has learned the text of an answer gives it here too.
    const openKind = answersText(benchmark, question) ? 'format' : 'open';
    const openTwins = OPEN_CLUSTERS.map((cluster) =>
      twin(openKind, cluster, open(cluster, question, random(cluster), scoring)),
    ).filter(({ item }) => item.prompt !== benchmark.prompt);
    const writers = {
      permuted: () => twin('format', 'permuted', permuted(question, random('permuted'), write)),
      restyled: () => twin('format', 'restyled', restyled(question, random('restyled'))),
      cloze: () => twin('format', 'cloze', clozeTwin(question, random('cloze'), scoring)),
      lettered: () => twin('format', 'lettered', lettered(question, random('lettered'), scoring)),
    };
    return [
      toItem(question, { form: 'benchmark', cluster: 'exam' }, benchmark),
      ...(answerKind(benchmark) === 'label'
        ? [toItem(question, { form: 'benchmark-text', cluster: 'exam-text' }, examText(question, scoring, write))]
        : []),
      ...(kinds.includes('open') && canBeOpen(question) ? openTwins : []),
      ...formatsOf(question, kinds, place).map((format) => writers[format]()),
      ...(place % ROBUSTNESS_SHARE === 0
        ? [toItem(question, ROBUSTNESS, distracted(question, random('distracted'), write))]
        : []),
    ];
  });
}

function answersText(benchmark: Wording, { choices }: ChoiceRecord): boolean {
  const { question } = benchmark;
  if (question.kind === 'choice') return answerKind(benchmark) === 'text';
  return choices.includes(question.target) || !/^[([]?[A-Z][)\]]?$/.test(question.target);
}

type Format = 'permuted' | 'restyled' | 'cloze' | 'lettered';

/** A memorized letter is wrong in all formats but `restyled`, which keeps the order and never stands alone. */
function formatsOf(question: ChoiceRecord, kinds: readonly DerivedKind[], place: number): Format[] {
  if (!canBeOpen(question)) return kinds.includes('format') ? ['restyled', 'lettered'] : ['lettered'];
  if (!kinds.includes('format')) return [];
  if (!canBePermuted(question)) return ['cloze'];
  return ['permuted', place % 2 === 0 ? 'restyled' : 'cloze'];
}

/** So large that two items rarely draw the same number. */
const MAX_DRAW = 2 ** 31 - 1;

/** One less than a multiple of both two and three, so that each remainder is equally likely. */
const MAX_START = 5;

/**
 * Places in an order drawn by id, from a drawn start: no item gets every second or third form because of its place in
 * the file, nor always the same item in a short file.
 */
function drawPlaces(questions: ReadonlyArray<{ readonly id: string }>, seed: Seed): Map<string, number> {
  const drawn = questions.map(({ id }) => ({ id, draw: new Random(seed, `kinds of ${id}`).int(0, MAX_DRAW) }));
  drawn.sort((a, b) => a.draw - b.draw || (a.id < b.id ? -1 : 1));
  const start = new Random(seed, 'start').int(0, MAX_START);
  return new Map(drawn.map(({ id }, place) => [id, start + place]));
}

/**
 * The plain form of each problem, and its twins. One that cannot be redrawn gets `restyled`, which keeps the answer.
 * @throws UserError if none of the kinds can be derived for any problem
 */
function deriveExactItems(
  questions: readonly ExactRecord[],
  forms: BenchmarkForms,
  { seed, kinds, steps }: DeriveOptions,
): LocatedItem[] {
  const redrawn = new Map(
    (kinds.includes('fresh') ? questions : []).flatMap((problem) => {
      const wording = redrawnProblem(problem, { mode: steps, seed, write: forms.problem(problem).write });
      return wording === null ? [] : [[problem.id, wording]];
    }),
  );
  const [first] = questions;
  if (first && redrawn.size === 0 && !kinds.includes('format')) {
    throw new UserError(
      `${first.where}: twins: no ${kinds.join(' or ')} twin can be derived from this question, nor from the others of its file`,
      'add format to the twins of the policy, or give new questions as a file with twins-of',
    );
  }
  const places = drawPlaces(questions, seed);
  return questions.flatMap((question) => {
    const random = (cluster: string) => new Random(seed, `${cluster} of ${question.id}`);
    const fresh = redrawn.get(question.id);
    const { write, restyle } = forms.problem(question);
    const isDistracted = (places.get(question.id) ?? 0) % ROBUSTNESS_SHARE === 0;
    const twin = (kind: DerivedKind, cluster: string, wording: Wording) =>
      toItem(question, { form: 'twin', kind, cluster }, wording);
    return [
      toItem(question, { form: 'benchmark', cluster: 'exam' }, write(question)),
      ...(fresh ? [twin('fresh', REDRAWN, fresh)] : []),
      ...(!fresh || kinds.includes('format') ? [twin('format', 'restyled', restyle(random('restyled')))] : []),
      ...(isDistracted ? [toItem(question, ROBUSTNESS, distractedProblem(question, random('distracted'), write))] : []),
    ];
  });
}
