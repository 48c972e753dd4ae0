import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repository, temporaryFolder } from '../fixtures.ts';
import { runCli } from './run-cli.ts';

it('the built-in suite is exported for lm-evaluation-harness at the levels of a baseline', async () => {
  const folder = temporaryFolder();
  const baseline = join(folder, 'baseline.json');
  const model = ['--checkpoint', repository('examples', 'base'), '--only', 'probes', '--budget', '2s'];
  expect((await runCli('measure', ...model, '--out', baseline)).code).toBe(0);
  const { code, stdout } = await runCli('probes', '--export', 'lm-eval', join(folder, 'tasks'), '--like', baseline);
  expect(code).toBe(0);
  expect(stdout).toMatch(/wrote 720 items/);
});
