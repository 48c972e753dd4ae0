import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repository } from '../fixtures.ts';
import { scriptArguments } from '../run-scripts.ts';

const read = (name: string) => readFileSync(repository(name), 'utf8');
const { version } = JSON.parse(read('package.json')) as { version: string };

it('keeps README.md a first page, of at most 12 KB', () => {
  expect(Buffer.byteLength(read('README.md'))).toBeLessThanOrEqual(12 * 1024);
});

it('pins actions/checkout in README.md to the version that the workflows use', () => {
  const pins = (text: string) => text.match(/actions\/checkout@\S+ # \S+/g) ?? [];
  const ours = new Set(pins(read('.github/workflows/ci.yml')));
  expect(ours.size).toBe(1);
  expect(new Set(pins(read('README.md')))).toEqual(ours);
});

const section = (...args: string[]) =>
  spawnSync(process.execPath, [...scriptArguments('scripts/release/changelog-section.ts'), ...args], {
    encoding: 'utf8',
  });

it('has notes in CHANGELOG.md for the version that package.json names', () => {
  const { status, stdout } = section(`v${version}`);
  expect(status).toBe(0);
  expect(stdout.length).toBeGreaterThan(100);
});

it('takes only the section of the released version into the notes, and refuses a version without one', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shadow-gate-changelog-'));
  try {
    const file = join(folder, 'CHANGELOG.md');
    writeFileSync(file, '# Changelog\n\n## 1.1.0\n\n### Added\n\n- New\n\n## [1.0.0] - 2026-01-01\n\n- Old\n');
    expect(section('v1.1.0', file).stdout).toBe('### Added\n\n- New\n');
    expect(section('v1.0.0', file).stdout).toBe('- Old\n');
    expect(section('v1.0', file)).toMatchObject({ status: 1, stdout: '' });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
