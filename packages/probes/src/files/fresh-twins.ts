import type { Wording } from '../item.ts';
import { Random } from '../random.ts';
import type { AskedProblem } from './benchmark-form.ts';
import { plainProblem } from './exact-twins.ts';
import type { StepMode } from './link-steps.ts';
import type { LocatedItem } from './located-item.ts';
import type { ExactRecord } from './records.ts';
import { redraw } from './redraw.ts';

/** The cluster of these twins. */
export const REDRAWN = 'redrawn';

interface RedrawOptions {
  readonly mode: StepMode;
  readonly seed: number;
  /** How the benchmark asks. */
  readonly write?: (problem: AskedProblem) => Wording;
}

/**
 * The same word problem with other numbers, asked as the benchmark form is. Null where its solution has no steps in
 * GSM8K's format, or these do not say enough.
 */
export function redrawnProblem(
  problem: ExactRecord,
  { mode, seed, write = plainProblem }: RedrawOptions,
): Wording | null {
  const { id, question, target, solution, numeric } = problem;
  if (solution === null || !numeric) return null;
  const redrawn = redraw({ question, solution, target }, { mode, random: new Random(seed, `redrawn of ${id}`) });
  return redrawn && write({ question: redrawn.question, target: redrawn.target, numeric });
}

/** How many problems of a file got such a twin; null for a file without steps. */
export function describeRedrawn(
  path: string,
  problems: readonly ExactRecord[],
  items: readonly Pick<LocatedItem, 'item'>[],
): string | null {
  if (!problems.some(({ solution }) => solution?.includes('<<'))) return null;
  const count = items.filter(({ item }) => item.cluster === REDRAWN).length;
  const [some, all] = [count, problems.length].map((number) => number.toLocaleString('en-US'));
  return `${path}: ${some} of ${all} problems have a twin with other numbers`;
}
