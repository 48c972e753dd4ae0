import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { scriptArguments } from '../run-scripts.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shadow-gate-links-'));
  execFileSync('git', ['init', '--quiet', folder]);
});
afterEach(() => rmSync(folder, { recursive: true }));

function lint(files: Record<string, string>) {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return spawnSync(process.execPath, [...scriptArguments('scripts/lint/links.ts'), folder], { encoding: 'utf8' });
}

const PAGE = `# Pages

## MLP ÷ attention ratio

## \`hub\` and [links](other.md)

## Twice

## Twice
`;

it('accepts links to files and to the anchors that GitHub gives to headings', () => {
  const links = ['#mlp--attention-ratio', '#hub-and-links', '#twice-1', 'docs/page.md#twice', 'https://example.com/#x'];
  const { status, stderr } = lint({
    'README.md': `${PAGE}${links.map((link) => `[x](${link})`).join('\n')}`,
    'docs/page.md': PAGE,
    'docs/other.md': 'text',
    'other.md': 'see `docs/other.md`',
    'src/a.ts': '// docs/page.md#twice says why',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});

it.each([
  ['a missing file', '[x](docs/missing.md)', /README\.md:1: docs\/missing\.md does not exist/],
  ['a missing heading', '[x](#missing)', /README\.md:1: #missing: no heading has this anchor/],
  ['a path that leads out of the repository', '[x](../elsewhere.md)', /\.\.\/elsewhere\.md does not exist/],
  ['a source file that has moved', 'see `src/old.ts`', /src\/old\.ts does not exist/],
])('finds %s in a page', (_, text, problem) => {
  const { status, stderr } = lint({ 'README.md': text });
  expect(stderr).toMatch(problem);
  expect(status).toBe(1);
});

it('finds a page that a comment in the code names and that does not exist', () => {
  expect(lint({ 'src/a.ts': '// why: docs/gone.md\n' }).stderr).toMatch(/src\/a\.ts:1: docs\/gone\.md does not exist/);
});
