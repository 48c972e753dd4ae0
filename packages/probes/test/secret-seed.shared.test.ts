import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { PROBE_FAMILIES, SECRET_FAMILIES } from '../src/families/index.ts';
import { freshItems } from '../src/fresh.ts';
import { Random, SecretSeed } from '../src/random.ts';
import { atLevels, builtinSuite } from '../src/suite.ts';

const SECRET = 'a secret of this repository';
const seed = new SecretSeed(SECRET);
const suite = builtinSuite(seed);
const publicSuite = builtinSuite(1);
const prompts = (items: readonly { readonly prompt: string }[]) => new Set(items.map(({ prompt }) => prompt));

describe('a secret seed', () => {
  it('is in no text that is made of it', () => {
    const key = seed.textKey();
    const state = seed.state('suite facts 1');
    for (const text of [JSON.stringify({ seed }), `${String(seed)}`, inspect(seed, { showHidden: true, depth: 9 })]) {
      expect(text).toContain(seed.id);
      for (const hidden of [SECRET, key, ...state.map(String)]) expect(text).not.toContain(hidden);
    }
    expect(seed.id).toMatch(/^secret:[0-9a-f]{16}$/);
  });

  it('has at least 16 characters, and an error does not show it', () => {
    expect(() => new SecretSeed('fifteen letters')).toThrow('fewer than 16 characters');
    expect(() => new SecretSeed('fifteen letters')).not.toThrow('fifteen letters');
  });

  it('gives every purpose numbers of its own, the same on every machine', () => {
    const numbers = (name: string, of = seed) => {
      const random = new Random(of, name);
      return Array.from({ length: 8 }, () => random.int(0, 2 ** 30));
    };
    expect(numbers('a')).toEqual(numbers('a', new SecretSeed(SECRET)));
    expect(numbers('a')).not.toEqual(numbers('b'));
    expect(numbers('a')).not.toEqual(numbers('a', new SecretSeed(`${SECRET}.`)));
    // Fixed: another key derivation is another suite.
    expect(seed.id).toBe('secret:699e7b998ccb68f2');
  });
});

describe('the built-in suite of a secret', () => {
  it('has as many items at one level per family as the public one, a third of them of families of its own', () => {
    const levels = (suite.levels ?? []).map((family) => ({ ...family, asked: [2] }));
    const { items } = atLevels(suite, levels);
    expect(items).toHaveLength(720);
    const own = new Set(SECRET_FAMILIES.map(({ name }) => name));
    expect(items.filter(({ family }) => own.has(family))).toHaveLength(240);
    expect(levels.map(({ family }) => family)).toEqual([...PROBE_FAMILIES, ...SECRET_FAMILIES].map(({ name }) => name));
    expect(new Set(publicSuite.items.map(({ family }) => family))).toEqual(
      new Set(PROBE_FAMILIES.map(({ name }) => name)),
    );
  });

  it('is the same for the same secret, and shares few questions with those of others', () => {
    expect(builtinSuite(new SecretSeed(SECRET)).digest).toBe(suite.digest);
    const other = builtinSuite(new SecretSeed(`${SECRET}.`));
    expect(other.digest).not.toBe(suite.digest);
    const known = prompts(other.items);
    const fresh = suite.items.filter(({ prompt }) => !known.has(prompt));
    // Lists such as capitals are finite.
    const finite = new Set(['facts', 'languages', 'transitive-ordering', 'word-problems']);
    const few = fresh.filter(({ family }) => !finite.has(family)).length;
    expect(few / suite.items.filter(({ family }) => !finite.has(family)).length).toBeGreaterThan(0.95);
  });

  it('hides its texts, and its ids say nothing of them', () => {
    expect(suite.texts?.kept).toBe(false);
    expect(suite.seed).toBe(seed.id);
    for (const { id } of suite.items) expect(id).toMatch(/^[a-z-]+-\d-\d+\.[a-z-]+$/);
    expect(JSON.stringify(suite)).not.toContain(SECRET);
    expect(publicSuite.texts).toBeUndefined();
  });

  it('needs no fresh questions of a seed that everybody can read', () => {
    const at2 = (own: typeof suite) =>
      atLevels(
        own,
        (own.levels ?? []).map((family) => ({ ...family, asked: [2] })),
      );
    expect(freshItems(at2(publicSuite), 5).length).toBeGreaterThan(20);
    expect(freshItems(at2(suite), 5)).toEqual([]);
  });

  it('asks nothing twice', () => {
    const judged = prompts(suite.items);
    for (const { id, prompt } of suite.pilot ?? []) expect(judged.has(prompt), id).toBe(false);
  });

  it.each([60, 1200])('has about %i facts if asked for', (facts) => {
    const { items, levels = [] } = builtinSuite(seed, facts);
    const perLevel = items.length / 2 / 7;
    expect(perLevel).toBeGreaterThan(0.9 * facts);
    expect(perLevel).toBeLessThan(1.15 * facts);
    expect(levels).toHaveLength(12);
  });
});
