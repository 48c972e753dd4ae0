import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { repository } from '../fixtures.ts';

const read = (name: string) => readFileSync(repository(name), 'utf8');

it('docs/reference/action.md has a row for each thing that a run can do, and counts them', () => {
  const kinds = [...read('src/action/run.ts').matchAll(/case '(\w+)':/g)].map(([, kind]) => kind);
  const [, section = ''] = /^## What one run does\n([\s\S]*?)^## /m.exec(read('docs/reference/action.md')) ?? [];
  const rows = [...section.matchAll(/^\| (\w+) +\|/gm)].map(([, name]) => name).filter((name) => name !== 'run');
  expect(rows.sort()).toEqual(kinds.sort());
  expect(rows).toHaveLength(6);
  expect(section).toContain('which of six things');
});
