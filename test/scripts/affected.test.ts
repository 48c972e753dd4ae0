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
  'test/',
];

it.each<[string, string[], string[]]>([
  ['the report', ['src/report/escape.ts', 'docs/reference/report.md'], ['test/']],
  ['spectra', ['packages/spectra/src/dora.ts'], ['packages/spectra/', 'packages/language-model/', 'test/']],
  ['the lowest package', ['packages/platform/src/at.ts'], ALL],
  ['Python', ['packages/python/src/json.ts'], ALL.filter((folder) => folder !== 'packages/platform/')],
  ['the highest package', ['packages/language-model/src/model.ts'], ['packages/language-model/', 'test/']],
  ['the lock file', ['package-lock.json'], ALL],
  ['fixtures that all share', ['test/fixtures/gpt2/config.json'], ALL],
  ['the documentation', ['docs/reference/cli.md', 'CHANGELOG.md'], ['test/docs/']],
  ['other documents', ['packages/spectra/README.md', 'CHANGELOG.md'], []],
])('a change of %s can break its tests and those of what needs it', (_, changed, expected) => {
  expect(affectedTests(changed, readWorkspaces(repository()))).toEqual(expected);
});
