import { UserError } from '@shadow-gate/platform';
import { isScreened } from './aggregate.ts';
import type { Measurement } from './schema/measurement.ts';

/** Refuses screened matrices. @param what has them, in words @throws UserError that names it */
export function expectFullSpectra({ tensors }: Pick<Measurement, 'tensors'>, what: string): void {
  const screened = tensors.filter(isScreened).length;
  if (screened === 0) return;
  throw new UserError(
    `${what} has the full spectra of only ${tensors.length - screened} of ${tensors.length} matrices: a check screened the others`,
    "measure the checkpoint with 'shadow-gate measure', or check it with --all",
  );
}
