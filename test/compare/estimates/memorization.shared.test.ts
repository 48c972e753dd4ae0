import type { MeasuredProbes, ProbeItemMeasurement } from '@shadow-gate/probes/answer';
import { Random } from '@shadow-gate/probes/random';
import { describe, expect, it } from 'vitest';
import { memorizationRows } from '../../../src/compare/estimates/memorization.ts';

const TOKENS = 40;

function item(
  suite: string,
  fact: string,
  part: Pick<ProbeItemMeasurement, 'form'> & Partial<ProbeItemMeasurement>,
): ProbeItemMeasurement {
  const fields = { capability: 'x', family: 'x', cluster: 'x', prompt: '', right: '', given: '', chance: 0, margin: 0 };
  const id = part.form === 'benchmark' ? fact : `${fact}.twin`;
  return { suite, id, fact, ...fields, correct: false, probability: null, logprobs: null, ...part };
}

function probes(items: readonly ProbeItemMeasurement[], suites: MeasuredProbes['suites']): MeasuredProbes {
  const settings = { seed: 1, chatTemplate: false, budgetSeconds: null, notes: [], leftOut: [] };
  return { status: 'measured', suites, ...settings, items: [...items] };
}

const suite = (name: string, twinsOf?: string): MeasuredProbes['suites'][number] => ({
  name,
  version: null,
  digest: 'x',
  seed: 1,
  items: 1,
  ...(twinsOf === undefined ? {} : { twinsOf }),
});

/** Approximately normal: the sum of twelve uniform numbers. */
const noise = (random: Random) =>
  Array.from({ length: 12 }, () => random.int(0, 10_000) / 10_000).reduce((sum, value) => sum + value, -6);

/** Items whose log p per token rises by these means, with noise that is as large as the rises. */
function measured(seed: number, facts: number, rises: { readonly benchmark: number; readonly twin: number }) {
  const random = new Random(seed, 'memorization');
  const read = (rise: number) => ({ logprob: TOKENS * (-3 + rise + 0.1 * noise(random)), tokens: TOKENS });
  const of = (isCandidate: boolean) =>
    probes(
      Array.from({ length: facts }, (_, i) => [
        item('s', `q${i}`, { form: 'benchmark', reading: read(isCandidate ? rises.benchmark : 0) }),
        item('s', `q${i}`, { form: 'twin', kind: 'fresh', reading: read(isCandidate ? rises.twin : 0) }),
      ]).flat(),
      [suite('s')],
    );
  return memorizationRows(of(true), of(false), () => true);
}

describe('the memorization score', () => {
  it('of a model that learned the questions by heart is high, with a small p', () => {
    const [row] = measured(1, 80, { benchmark: 0.4, twin: 0.15 });
    expect(row).toMatchObject({ suite: 's', facts: 80 });
    expect(row?.benchmark).toBeCloseTo(0.4, 1);
    expect(row?.twin).toBeCloseTo(0.15, 1);
    expect(row?.auc).toBeGreaterThan(0.8);
    expect(row?.p).toBeLessThan(1e-6);
  });

  it('of a model that learned the domain is about 0.5: at most 5% of them fall below p = 0.05', () => {
    const rows = Array.from({ length: 200 }, (_, seed) => measured(seed, 40, { benchmark: 0.3, twin: 0.3 })[0]);
    expect(rows.filter((row) => (row?.p ?? 1) < 0.05).length).toBeLessThanOrEqual(18);
    const auc = rows.reduce((sum, row) => sum + (row?.auc ?? 0), 0) / rows.length;
    expect(auc).toBeCloseTo(0.5, 1);
  });

  it('of a group compares all questions with all of its items', () => {
    const reading = (rise: number) => ({ logprob: TOKENS * (-3 + rise), tokens: TOKENS });
    const suites = [suite('s'), suite('g', 's')];
    const of = (questions: number, group: number) =>
      probes(
        [
          ...Array.from({ length: 12 }, (_, i) =>
            item('s', `q${i}`, { form: 'benchmark', reading: reading(questions * (1 + i / 100)) }),
          ),
          ...Array.from({ length: 15 }, (_, i) =>
            item('g', `g${i}`, { form: 'twin', kind: 'group', reading: reading(group * (1 + i / 100)) }),
          ),
        ],
        suites,
      );
    const [row, ...others] = memorizationRows(of(0.5, 0.1), of(0, 0), () => true);
    expect(others).toEqual([]);
    expect(row).toMatchObject({ suite: 'g', facts: 12, auc: 1 });
    // 1 of the C(27, 12) assignments of ranks.
    expect(row?.p).toBeCloseTo(1 / 17_383_860, 12);
  });

  it('needs ten facts that both models read, of the same tokens, in a suite that is the same', () => {
    expect(measured(1, 9, { benchmark: 1, twin: 0 })).toEqual([]);
    const rows = (change: (one: ProbeItemMeasurement) => ProbeItemMeasurement, isSame = true) => {
      const items = Array.from({ length: 10 }, (_, i) => [
        item('s', `q${i}`, { form: 'benchmark', reading: { logprob: -9, tokens: 9 } }),
        item('s', `q${i}`, { form: 'twin', kind: 'fresh', reading: { logprob: -9, tokens: 9 } }),
      ]).flat();
      const other = items.map((one) => (one.fact === 'q3' && one.form === 'twin' ? change(one) : one));
      return memorizationRows(probes(items, [suite('s')]), probes(other, [suite('s')]), () => isSame);
    };
    expect(rows((one) => one)).toEqual([{ suite: 's', facts: 10, benchmark: 0, twin: 0, auc: 0.5, p: 1 }]);
    expect(rows(({ reading: _, ...one }) => one)).toEqual([]);
    expect(rows((one) => ({ ...one, reading: { logprob: -9, tokens: 8 } }))).toEqual([]);
    expect(rows((one) => one, false)).toEqual([]);
  });
});

describe('questions that share a passage', () => {
  const X = [0.4, -0.1, 0.3, 0.25, 0.6, 0.05, -0.2, 0.15, 0.35, 0.5, 0.45, 0.55];
  const Y = [0.1, 0.2, -0.3, 0, 0.12, 0.22, -0.05, 0.33, 0.07, 0.18];
  const read = (rise: number) => ({ logprob: TOKENS * (-3 + rise), tokens: TOKENS });
  /** Two questions to each passage, whose mean rise is that value. */
  const pairs = (values: readonly number[]) =>
    values.flatMap((value, i) =>
      [value - 0.01, value + 0.01].map((rise, j) => ({ rise, id: `${i}.${j}`, passage: `${i}` })),
    );

  it('are one value of the signed-rank test, as scipy has it of their means', () => {
    const of = (isCandidate: boolean) =>
      probes(
        pairs(X).flatMap(({ rise, id, passage }) => [
          item('s', id, { form: 'benchmark', passage, reading: read(isCandidate ? rise : 0) }),
          item('s', id, { form: 'twin', kind: 'fresh', passage, reading: read(0) }),
        ]),
        [suite('s')],
      );
    const [row] = memorizationRows(of(true), of(false), () => true);
    expect(row).toMatchObject({ facts: 24, units: 12 });
    expect(row?.p).toBeCloseTo(0.00341796875, 12);
  });

  it('and of the rank-sum test of a group', () => {
    const of = (isCandidate: boolean) => {
      const named = (name: string, values: readonly number[], part: Pick<ProbeItemMeasurement, 'form' | 'kind'>) =>
        pairs(values).map(({ rise, id, passage }) =>
          item(name, id, { ...part, passage, reading: read(isCandidate ? rise : 0) }),
        );
      const items = [...named('s', X, { form: 'benchmark' }), ...named('g', Y, { form: 'twin', kind: 'group' })];
      return probes(items, [suite('s'), suite('g', 's')]);
    };
    const [row] = memorizationRows(of(true), of(false), () => true);
    expect(row).toMatchObject({ suite: 'g', facts: 24, units: 12 });
    expect(row?.p).toBeCloseTo(0.029567955264549695, 12);
  });
});
