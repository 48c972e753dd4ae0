import { UserError } from '@shadow-gate/platform';

export type OnStep = (step: string, outcome: string) => void;

export function noCuda(problem: string, hint: string): UserError {
  return new UserError(problem, hint, { code: 'no-device' });
}
