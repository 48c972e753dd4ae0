import { expect, it } from 'vitest';
import { affectedTests } from '../../scripts/ci/affected.ts';
import { readWorkspaces } from '../../scripts/workspaces.ts';
import { repository } from '../fixtures.ts';

const ALL = [
  'packages/platform/',
  'packages/python/',
  'packages/checkpoints/',
  'packages/spectra/',
  'packages/language-model/',
  'packages/probes/',
  'packages/harness/',
  'test/',
];
const above = (name: string) => ALL.slice(ALL.indexOf(`packages/${name}/`));

it.each<[string, string[], string[]]>([
  ['the report', ['src/report/escape.ts', 'docs/reference/report.md'], ['test/']],
  ['spectra', ['packages/spectra/src/dora.ts'], above('spectra')],
  ['the lowest package', ['packages/platform/src/at.ts'], ALL],
  ['Python', ['packages/python/src/json.ts'], ALL.filter((folder) => folder !== 'packages/platform/')],
  ['language models', ['packages/language-model/src/model.ts'], above('language-model')],
  ['the highest package', ['packages/harness/src/read-logs.ts'], ['packages/harness/', 'test/']],
  ['the lock file', ['package-lock.json'], ALL],
  ['fixtures that all share', ['test/fixtures/gpt2/config.json'], ALL],
  ['the documentation', ['docs/reference/cli.md', 'CHANGELOG.md'], ['test/docs/']],
  ['other documents', ['packages/spectra/README.md', 'CHANGELOG.md'], []],
])('a change of %s can break its tests and those of what needs it', (_, changed, expected) => {
  expect(affectedTests(changed, readWorkspaces(repository()))).toEqual(expected);
});
