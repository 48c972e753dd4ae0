import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { cacheFolder, writeJson } from '@shadow-gate/platform/files';
import type { Report } from '../compare/report.ts';
import { serializeReport } from '../report/json.ts';

/** The user's last report, so that its details need no second run. */
const FILE = 'last-report.json';

/** @returns false if there is no cache folder or it cannot be written: nothing depends on it */
export async function keepLastReport(report: Report): Promise<boolean> {
  const folder = cacheFolder();
  if (folder === null) return false;
  return writeJson(join(folder, FILE), serializeReport(report)).then(
    () => true,
    () => false,
  );
}

/** @throws UserError if no check left one */
export function lastReportFile(): string {
  const folder = cacheFolder();
  if (folder === null) throw new UserError('SHADOW_GATE_CACHE is off, so that no report is kept', 'give a file');
  const file = join(folder, FILE);
  if (!existsSync(file)) throw new UserError(`there is no report of an earlier check in ${folder}`, 'give a file');
  return file;
}
