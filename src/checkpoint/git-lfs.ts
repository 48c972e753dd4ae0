import { UserError } from '../platform/user-error.ts';

/** Git LFS leaves a small text file where the weights should be if the large files were not fetched. */
export const LFS_MAGIC = 'version https://git-lfs';

export function lfsPointerError(file: string): UserError {
  return new UserError(
    `${file} is a Git LFS pointer, not the weights`,
    "run 'git lfs pull' (in a workflow: actions/checkout with 'lfs: true')",
  );
}
