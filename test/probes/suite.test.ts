import { describe, expect, it } from 'vitest';
import { at } from '../../src/platform/at.ts';
import { groupBy } from '../../src/platform/group-by.ts';
import { PROBE_FAMILIES } from '../../src/probes/families/index.ts';
import { stratifiedSample } from '../../src/probes/sample.ts';
import { builtinSuite, digestItems } from '../../src/probes/suite.ts';
import { pieces } from './pieces.ts';

describe('the built-in suite', () => {
  const suite = builtinSuite(1);

  it('has 720 items of three capabilities, each benchmark form with a twin', () => {
    expect(suite.items).toHaveLength(720);
    const facts = [...groupBy(suite.items, ({ fact }) => fact).values()];
    expect(facts).toHaveLength(360);
    for (const fact of facts) expect(fact.map(({ form }) => form)).toEqual(['benchmark', 'twin']);
    expect(new Set(suite.items.map(({ id }) => id)).size).toBe(suite.items.length);
    expect(new Set(suite.items.map(({ capability }) => capability))).toEqual(
      new Set(['reasoning', 'composition', 'recall']),
    );
  });

  it('uses every twin template of every family', () => {
    const found = new Set(suite.items.filter(({ form }) => form === 'twin').map(({ cluster }) => cluster));
    expect(found).toEqual(
      new Set(
        PROBE_FAMILIES.flatMap(({ name, levels }) => at(levels, 0).twins.map((twin) => `${name} · ${twin.name}`)),
      ),
    );
  });

  it('has the same items for the same seed, and other items for another seed', () => {
    expect(builtinSuite(1).digest).toBe(suite.digest);
    const other = builtinSuite(2);
    expect(other.digest).not.toBe(suite.digest);
    const shared = new Set(suite.items.map(({ prompt }) => prompt));
    const repeated = other.items.filter(({ prompt }) => shared.has(prompt)).length;
    // Facts come from a list of a few hundred; everything else is random.
    expect(repeated).toBeLessThan(0.15 * other.items.length);
  });

  it('has twins as long as their benchmark forms, for five seeds', () => {
    for (let seed = 0; seed < 5; seed += 1) {
      for (const [, [exam, twin]] of groupBy(builtinSuite(seed).items, ({ fact }) => fact)) {
        const [one, two] = [pieces(exam?.prompt ?? ''), pieces(twin?.prompt ?? '')];
        expect(Math.abs(two - one), `${seed} ${twin?.id}`).toBeLessThanOrEqual(0.1 * one);
      }
    }
  });
});

it('changes its items only with its version, since baselines were measured with these items', () => {
  const { version, digest } = builtinSuite(1);
  expect({ version, digest }).toEqual({
    version: 1,
    digest: 'sha256:8b1a8919d23db26edd51f20dc65ff033e376bfe0d4fba11a49820d0a256cc46d',
  });
});

it('with another length limit for generated answers is another suite', () => {
  const [choice] = builtinSuite(1).items;
  if (!choice) throw new Error('no items');
  const exact = { ...choice, question: { kind: 'exact' as const, target: 'x' } };
  expect(digestItems([exact], 64)).not.toBe(digestItems([exact]));
  expect(digestItems([choice], 64)).toBe(digestItems([choice]));
});

describe('a stratified sample', () => {
  const { items } = builtinSuite(1);
  const facts = stratifiedSample(items, 1);

  it('contains every fact once', () => {
    expect(
      facts
        .flat()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(items.map(({ id }) => id).sort());
  });

  it('has each twin template equally often, at every size', () => {
    for (const size of [18, 40, 100]) {
      const counts = groupBy(
        facts
          .slice(0, size)
          .flat()
          .filter(({ form }) => form === 'twin'),
        ({ cluster }) => cluster,
      );
      const sizes = [...counts.values()].map(({ length }) => length);
      expect(sizes).toHaveLength(18);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }
  });
});
