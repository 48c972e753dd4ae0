import { join } from 'node:path';
import { expectWritable } from '@shadow-gate/platform/files';
import type { Workspace } from '../github/approved/index.ts';
import { ATTESTATION_FILE, MEASUREMENT_FILE, REPORT_FILE, REPORT_PAGE_FILE } from '../github/storage/index.ts';
import { expectInside } from './expect-inside.ts';

export const COMMENT_FILE = 'comment.md';
export const HISTORY_FILE = 'history.jsonl';

/**
 * Check before a long measurement that results can be written, and that they stay where the workflow wants them: a
 * change can commit a symbolic link with the name of the folder, or of a file in it.
 * @throws UserError, or the system's error, if not
 */
export async function expectOutFolder(out: string, { folder, alias = folder }: Workspace): Promise<void> {
  for (const path of [
    out,
    ...[MEASUREMENT_FILE, REPORT_FILE, REPORT_PAGE_FILE, COMMENT_FILE, HISTORY_FILE, ATTESTATION_FILE].map((name) =>
      join(out, name),
    ),
  ]) {
    await expectInside(path, folder);
    await expectInside(path, alias);
  }
  await expectWritable(out, 'folder');
}
