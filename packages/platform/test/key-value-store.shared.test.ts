import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { directoryStore, withKeyPrefix } from '@shadow-gate/platform/key-value-store';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../test/fixtures.ts';

it('a store in a folder returns what was set, and null for what was not', async () => {
  const folder = temporaryFolder();
  await directoryStore(folder).set('0a1b', 'text');
  const store = directoryStore(folder);
  expect(await store.get('0a1b')).toBe('text');
  expect(await store.get('0a1c')).toBeNull();
  expect(readdirSync(folder, { recursive: true }).sort()).toEqual(['0a', join('0a', '0a1b.json')]);
});

it('a store that cannot be written to never throws, and warns once', async () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  const warnings: string[] = [];
  const store = directoryStore(file, (line) => warnings.push(line));
  await store.set('0a', 'text');
  await store.set('0b', 'text');
  expect(await store.get('0a')).toBeNull();
  expect(warnings).toEqual([expect.stringMatching(/^results cannot be cached in /)]);
});

it('an entry that somebody replaced with a link or a folder is not written through', async () => {
  const folder = temporaryFolder();
  const warnings: string[] = [];
  const store = directoryStore(folder, (line) => warnings.push(line));
  const secret = join(temporaryFolder(), 'secret');
  writeFileSync(secret, 'mine');
  mkdirSync(join(folder, '0a', '0ab.json'), { recursive: true });
  symlinkSync(secret, join(folder, '0a', '0a.json'));
  await store.set('0a', 'text');
  await store.set('0ab', 'text');
  expect(readFileSync(secret, 'utf8')).toBe('mine');
  expect(warnings).toEqual([expect.stringMatching(/0a\.json is not a regular file$/)]);
});

it('stores with different prefixes do not see each other', async () => {
  const entries = new Map<string, string>();
  const store = {
    get: async (key: string) => entries.get(key) ?? null,
    set: async (key: string, text: string) => void entries.set(key, text),
  };
  const [a, b] = [withKeyPrefix(store, 'a/'), withKeyPrefix(store, 'b/')];
  await a.set('key', 'text');
  expect(await a.get('key')).toBe('text');
  expect(await b.get('key')).toBeNull();
  expect([...entries.keys()]).toEqual(['a/key']);
});
