import { UserError } from './user-error.ts';

/** Git LFS leaves a small text file in place of files that were not fetched. It begins with this. */
export const LFS_MAGIC = 'version https://git-lfs';

export function lfsPointerError(file: string): UserError {
  return new UserError(
    `${file} is a Git LFS pointer, not the file itself`,
    "run 'git lfs pull' (in a workflow: actions/checkout with 'lfs: true')",
  );
}
