import type { Wording } from '../item.ts';
import { Random } from '../random.ts';
import type { StepMode } from '../redraw/link-steps.ts';
import { redraw } from '../redraw/redraw.ts';
import type { plainProblem } from './exact-twins.ts';
import type { ExactRecord } from './question.ts';

/** The cluster of these twins. */
export const REDRAWN = 'redrawn';

/**
 * The same problem with other numbers, in the benchmark form. Null if its solution has no steps in GSM8K's format, or
 * they say too little.
 */
export function redrawnProblem(
  problem: ExactRecord,
  { mode, seed, write }: { readonly mode: StepMode; readonly seed: number; readonly write: typeof plainProblem },
): Wording | null {
  const { id, question, target, solution, numeric } = problem;
  if (solution === null || !numeric) return null;
  const redrawn = redraw({ question, solution, target }, { mode, random: new Random(seed, `redrawn of ${id}`) });
  return redrawn && write({ question: redrawn.question, target: redrawn.target, numeric });
}
