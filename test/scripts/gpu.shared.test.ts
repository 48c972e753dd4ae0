import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repository, temporaryFolder } from '../fixtures.ts';

it.skipIf(existsSync('/dev/nvidia0'))('says in its table that there is no GPU, and ends with 1', () => {
  const summary = join(temporaryFolder(), 'summary.md');
  const { status, stdout } = spawnSync(process.execPath, ['--import', 'tsx', 'scripts/gpu.ts'], {
    cwd: repository(),
    encoding: 'utf8',
    env: { ...process.env, GITHUB_STEP_SUMMARY: summary },
  });
  expect(status).toBe(1);
  const table = readFileSync(summary, 'utf8');
  expect(table).toMatch(/^no NVIDIA GPU · .* threads · Node v/);
  expect(table).toMatch(/^\| set-up \| failed +\| .*no NVIDIA GPU/m);
  expect(stdout).toContain(table);
});
