import { open } from 'node:fs/promises';
import { UserError } from '../user-error.ts';

/** The start of the small text file that Git LFS leaves in place of a missing file. */
const MAGIC = 'version https://git-lfs';

export const LFS_MAGIC_BYTES = MAGIC.length;

export function lfsPointerError(file: string): UserError {
  return new UserError(
    `${file} is a Git LFS pointer, not the file itself`,
    "run 'git lfs pull' (in a workflow: actions/checkout with 'lfs: true')",
  );
}

export function isLfsPointer(start: Buffer | string): boolean {
  const text = typeof start === 'string' ? start : start.toString('latin1', 0, LFS_MAGIC_BYTES);
  return text.startsWith(MAGIC);
}

export async function isLfsPointerFile(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer } = await handle.read(Buffer.alloc(LFS_MAGIC_BYTES), 0, LFS_MAGIC_BYTES, 0);
    return isLfsPointer(buffer);
  } finally {
    await handle.close();
  }
}
