import { UserError } from '@shadow-gate/platform';

export type OnStep = (step: string, outcome: string) => void;

/** The error for a GPU that cannot be used. */
export function noCuda(problem: string, hint: string): UserError {
  return new UserError(problem, hint, { code: 'no-device' });
}
