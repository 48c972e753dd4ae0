import { afterEach, expect, it, vi } from 'vitest';
import { repository, temporaryFolder } from '../fixtures.ts';
import { runCli } from './run-cli.ts';

afterEach(() => void vi.unstubAllEnvs());

const example = (name: string) => repository('examples', name);
const compared = [
  'check',
  '--only',
  'spectra',
  '--checkpoint',
  example('coverage-expanding'),
  '--baseline',
  example('base'),
];

it('the report of the last check is kept, and shown again in full', async () => {
  vi.stubEnv('SHADOW_GATE_CACHE', temporaryFolder());
  const first = await runCli(...compared, '--policy', example('shadow-gate.yml'));
  expect(first.stdout).toContain('details: shadow-gate report --last --html FILE writes them');
  const again = await runCli('report', '--last', '--quiet');
  expect(again.code).toBe(first.code);
  expect(first.stdout.startsWith(again.stdout.trimEnd())).toBe(true);
});

it('says what is missing where none was kept, or none can be', async () => {
  vi.stubEnv('SHADOW_GATE_CACHE', temporaryFolder());
  expect((await runCli('report', '--last')).stderr).toContain('there is no report of an earlier check');
  vi.stubEnv('SHADOW_GATE_CACHE', 'off');
  expect((await runCli('report', '--last')).stderr).toContain('SHADOW_GATE_CACHE is off');
  expect((await runCli('report')).stderr).toContain('report needs a file, or --last');
  expect((await runCli('report', '--last', 'report.json')).stderr).toContain('report needs a file, or --last');
});
