import { parseMemory } from '@shadow-gate/platform/memory';
import { expect, it } from 'vitest';
import { repository } from '../fixtures.ts';
import { runCli } from './run-cli.ts';

it('a size may have its unit in small letters', () => {
  expect(['6GB', '6gb', '6 GiB', '6'].map(parseMemory)).toEqual([6e9, 6e9, 6 * 2 ** 30, 6 * 2 ** 30]);
  expect(['6g', '-1', '6 apples'].map(parseMemory)).toEqual([null, null, null]);
});

it('a time has a unit: 2 could be seconds or minutes', async () => {
  const { code, stderr } = await runCli('probes', '--budget', '2');
  expect(code).toBe(2);
  expect(stderr).toMatch(/--budget.*a time such as 60s or 5m/);
});

it('a preview shows six questions where no number is given', async () => {
  const policy = repository('examples/shadow-gate.yml');
  const [alone, six] = [
    await runCli('probes', '--policy', policy, '--preview'),
    await runCli('probes', '--policy', policy, '--preview', '6'),
  ];
  expect(alone).toMatchObject({ code: 0, stderr: '' });
  expect(alone.stdout).toBe(six.stdout);
});
