import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { test } from 'vitest';
import { scriptArguments } from '../run-scripts.ts';

test('the tables of docs/lab-notes/evidence.md are those of study/results', async () => {
  await promisify(execFile)(process.execPath, [...scriptArguments('study/report.ts'), '--check']);
});
