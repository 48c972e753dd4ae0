import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { test } from 'vitest';

const report = fileURLToPath(new URL('../../study/report.mjs', import.meta.url));

test('the tables of docs/evidence.md are those of study/results', async () => {
  await promisify(execFile)(process.execPath, [report, '--check']);
});
