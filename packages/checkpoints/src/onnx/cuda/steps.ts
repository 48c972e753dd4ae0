import { UserError } from '@shadow-gate/platform';

/** Receives what a step of the set-up found, in one line. */
export type OnStep = (step: string, outcome: string) => void;

/** Why CUDA cannot be used on a machine that has a GPU, and what can be done about it. */
export function noCuda(problem: string, hint: string): UserError {
  return new UserError(problem, hint, { code: 'no-device' });
}
