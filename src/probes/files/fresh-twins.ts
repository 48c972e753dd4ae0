import type { Wording } from '../item.ts';
import { Random } from '../random.ts';
import { plainProblem } from './exact-twins.ts';
import type { StepMode } from './link-steps.ts';
import type { ExactRecord } from './records.ts';
import { redraw } from './redraw.ts';

/**
 * The same word problem with other numbers, asked as the benchmark form is. Null where its solution has no steps in GSM8K's
 * format, or these do not say enough.
 */
export function redrawnProblem(
  problem: ExactRecord,
  { mode, seed }: { readonly mode: StepMode; readonly seed: number },
): Wording | null {
  const { id, question, target, solution, numeric } = problem;
  if (solution === null || !numeric) return null;
  const redrawn = redraw({ question, solution, target }, { mode, random: new Random(seed, `redrawn of ${id}`) });
  return redrawn && plainProblem({ question: redrawn.question, target: redrawn.target, numeric });
}
