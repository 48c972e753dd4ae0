import { open } from 'node:fs/promises';
import { UserError } from '../user-error.ts';

/** Git LFS leaves a small text file in place of files that were not fetched. It begins with this. */
export const LFS_MAGIC = 'version https://git-lfs';

export function lfsPointerError(file: string): UserError {
  return new UserError(
    `${file} is a Git LFS pointer, not the file itself`,
    "run 'git lfs pull' (in a workflow: actions/checkout with 'lfs: true')",
  );
}

export async function isLfsPointer(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer } = await handle.read(Buffer.alloc(LFS_MAGIC.length), 0, LFS_MAGIC.length, 0);
    return buffer.toString('latin1') === LFS_MAGIC;
  } finally {
    await handle.close();
  }
}
