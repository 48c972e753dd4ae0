import { cpSync, readdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fixture, temporaryFolder } from '../../../test/fixtures.ts';

/** What lighteval 0.13.0 wrote of one side, with the names that it gave the files. */
export function lightevalLogs(side: 'approved' | 'candidate', name = 'lighteval'): string {
  const folder = join(temporaryFolder(), side);
  cpSync(fixture(name, side), folder, { recursive: true });
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const own = decodeURIComponent(path.slice(dirname(path).length + 1));
    if (path.endsWith('.parquet')) renameSync(join(folder, path), join(folder, dirname(path), own));
  }
  return folder;
}
