import { groupBy } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { PROBE_FAMILIES } from '../src/families/index.ts';
import { answerKind, type ProbeItem } from '../src/item.ts';
import { stratifiedSample } from '../src/random.ts';
import { builtinSuite, digestItems, FACTS_PER_LEVEL, PILOT_FACTS_PER_LEVEL } from '../src/suite.ts';
import { pieces } from './pieces.ts';
import { atMiddleLevels } from './scripted.ts';

describe('the built-in suite', () => {
  const suite = builtinSuite(1);

  it('has sixty facts of each level of six families, each benchmark form with a twin, and those of the pilot', () => {
    const facts = [...groupBy(suite.items, ({ fact }) => fact).values()];
    for (const fact of facts) expect(fact.map(({ form }) => form)).toEqual(['benchmark', 'twin']);
    const all = [...suite.items, ...(suite.pilot ?? [])];
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    expect(new Set(suite.items.map(({ capability }) => capability))).toEqual(
      new Set(['reasoning', 'composition', 'recall']),
    );
    expect(PROBE_FAMILIES).toHaveLength(6);
    for (const { name, levels } of PROBE_FAMILIES) {
      for (const [level, { supply = Infinity }] of levels.entries()) {
        const ofLevel = (items: readonly ProbeItem[] = []) =>
          items.filter((item) => item.family === name && item.level === level + 1);
        expect(ofLevel(suite.items), name).toHaveLength(2 * FACTS_PER_LEVEL);
        expect(ofLevel(suite.pilot), name).toHaveLength(2 * Math.min(PILOT_FACTS_PER_LEVEL, supply - FACTS_PER_LEVEL));
      }
    }
  });

  it('asks nothing twice, so that no answer of the pilot counts', () => {
    const prompts = new Set(suite.items.map(({ prompt }) => prompt));
    for (const { id, prompt } of suite.pilot ?? []) expect(prompts.has(prompt), id).toBe(false);
  });

  it('at chosen levels has their items alone, and the same digest', () => {
    const chosen = atMiddleLevels(suite);
    expect(chosen.items).toHaveLength(6 * 2 * FACTS_PER_LEVEL);
    expect(chosen.size).toBe(chosen.items.length);
    expect(chosen.digest).toBe(suite.digest);
    expect(chosen.pilot).toEqual([]);
  });

  it('uses every twin template of every family', () => {
    const found = new Set(suite.items.filter(({ form }) => form === 'twin').map(({ cluster }) => cluster));
    expect(found).toEqual(
      new Set(
        PROBE_FAMILIES.flatMap(({ name, levels }) =>
          levels.flatMap(({ twins }) => twins.map((twin) => `${name} · ${twin.name}`)),
        ),
      ),
    );
  });

  it('has the same items for the same seed, and other items for another seed', () => {
    expect(builtinSuite(1).digest).toBe(suite.digest);
    const other = builtinSuite(2);
    expect(other.digest).not.toBe(suite.digest);
    const shared = new Set(suite.items.map(({ prompt }) => prompt));
    const repeated = other.items.filter(({ prompt }) => shared.has(prompt)).length;
    // Facts come from a list of a few hundred; nearly everything else is random.
    expect(repeated).toBeLessThan(0.25 * other.items.length);
  });

  it('has twins about as long as their benchmark forms', () => {
    for (const [, [exam, twin]] of groupBy(suite.items, ({ fact }) => fact)) {
      const ratio = pieces(twin?.prompt ?? '') / pieces(exam?.prompt ?? '');
      expect(Math.abs(Math.log2(ratio)), twin?.id).toBeLessThan(1);
    }
  });

  it('asks for the text of an answer, never for a letter', () => {
    expect(new Set(suite.items.map(answerKind))).toEqual(new Set(['text']));
  });
});

it('changes its items only with its version, since baselines were measured with these items', () => {
  const { version, digest } = builtinSuite(1);
  expect({ version, digest }).toEqual({
    version: 2,
    digest: 'sha256:2973dd2def9b548d27c930b1e3bb5660d0cea521e6110ac4b75b51cc4a6ac479',
  });
});

it('with another length limit for generated answers is another suite', () => {
  const [choice] = builtinSuite(1).items;
  if (!choice) throw new Error('no items');
  const exact = { ...choice, question: { kind: 'exact' as const, target: 'x' } };
  expect(digestItems([exact], { maxNewTokens: 64 })).not.toBe(digestItems([exact]));
  expect(digestItems([choice], { maxNewTokens: 64 })).toBe(digestItems([choice]));
});

describe('a stratified sample', () => {
  const { items } = atMiddleLevels(builtinSuite(1));
  const facts = stratifiedSample(items, 1);

  it('contains every fact once', () => {
    expect(
      facts
        .flat()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(items.map(({ id }) => id).sort());
  });

  it('has its share of each twin template, at every size', () => {
    const byTemplate = ({ cluster }: ProbeItem) => cluster;
    const twinsOf = (some: readonly ProbeItem[]) =>
      groupBy(
        some.filter(({ form }) => form === 'twin'),
        byTemplate,
      );
    const all = twinsOf(items);
    for (const size of [all.size, 40, 100, 200, facts.length]) {
      const counts = twinsOf(facts.slice(0, size).flat());
      for (const [template, { length }] of all) {
        const share = (length * size) / facts.length;
        expect(Math.abs((counts.get(template)?.length ?? 0) - share), `${template} of ${size}`).toBeLessThan(3);
      }
    }
  });
});
