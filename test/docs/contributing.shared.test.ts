import { expect, it } from 'vitest';
import { readJson, repository } from '../fixtures.ts';
import { readPage } from './printed-commands.ts';

it('CONTRIBUTING.md has every command of package.json, and no other', () => {
  const { scripts } = readJson<{ scripts: Readonly<Record<string, string>> }>(repository('package.json'));
  const families = Object.keys(scripts).map((name) => name.replace(/^bench:.*/, 'bench:*'));
  const listed = [...readPage('CONTRIBUTING.md').matchAll(/`npm (?:run |(?=test))([\w:*]+)/g)].map(([, name]) => name);
  expect(new Set(listed)).toEqual(new Set(families));
});
