import { UserError } from '@shadow-gate/platform';

/** A tokenizer is missing, damaged or unknown. */
export const noTokenizer = (problem: string, hint: string): UserError =>
  new UserError(problem, hint, { code: 'no-tokenizer' });
