import { readInspect, readLighteval, readLmEval } from '@shadow-gate/harness';
import type { Benchmarks } from '@shadow-gate/harness/benchmarks';
import { describe, expect, it } from 'vitest';
import { lightevalLogs } from '../../../packages/harness/test/lighteval-fixture.ts';
import { pairBenchmarks } from '../../../src/compare/benchmarks/pair.ts';
import { fixture, readJson } from '../../fixtures.ts';

/** Numbers of one side, by numpy: of what the harness reports, and of the answers themselves. */
interface Side {
  readonly value?: number;
  readonly accuracy?: number;
  readonly stderr: number | null;
}
type Sides = Readonly<Record<'approved' | 'candidate', Side>> & { readonly change?: { mean: number; stderr: number } };
interface Expected {
  readonly reported: Readonly<Record<string, Sides>>;
  readonly answers: Readonly<
    Record<'approved' | 'candidate', { samples: [number, number][]; mean: number; stderr: number }>
  > & { readonly change: { readonly mean: number; readonly stderr: number } };
}

/** Every task of two evaluations, with the metric that judges it. */
const HARNESSES = {
  'lm-eval-repeats': {
    read: readLmEval,
    place: (side: string) => fixture('lm-eval-repeats', side),
    key: ({ metric, filter }: { metric: string; filter: string }) => `${metric},${filter}`,
    judges: {
      sg_consistency: 'exact_match,score-first/mean@8',
      sg_average: 'exact_match,all',
      sg_pass: 'pass@1,lines',
    },
  },
  'inspect-repeats': {
    read: readInspect,
    place: (side: string) => fixture('inspect-repeats', side),
    key: ({ filter }: { filter: string }) => filter,
    judges: { epochs5: 'match/mean', moded: 'match/mean', graded: 'near/mean', unreduced: 'match' },
  },
  'lighteval-repeats': {
    read: readLighteval,
    place: (side: 'approved' | 'candidate') => lightevalLogs(side, 'lighteval-repeats'),
    key: ({ metric }: { metric: string }) => metric,
    judges: { sg_repeats: 'pass@k:k=1&n=8' },
  },
} as const;

async function paired(name: keyof typeof HARNESSES) {
  const { read, place } = HARNESSES[name];
  const [candidate, baseline] = await Promise.all(
    (['candidate', 'approved'] as const).map((side) => read(place(side))),
  );
  if (!candidate || !baseline) throw new Error('not read');
  return { candidate, baseline, pairing: pairBenchmarks(candidate, baseline) };
}

const taskOf = ({ tasks }: Benchmarks, name: string) => {
  const task = tasks.find((own) => own.name === name);
  if (task === undefined) throw new Error(`no ${name}`);
  return task;
};

describe.each(Object.keys(HARNESSES) as (keyof typeof HARNESSES)[])(
  'answers that %s has sampled several times',
  (name) => {
    const expected = readJson<Record<string, Expected>>(fixture(name, 'expected.json'));
    const { key, judges } = HARNESSES[name];

    it('have the values and standard errors that the harness reports, and the change by document', async () => {
      const { pairing } = await paired(name);
      expect(pairing.different).toEqual([]);
      for (const { name: task, metrics } of pairing.tasks) {
        for (const { row } of metrics) {
          const sides = expected[task]?.reported[key(row)];
          if (sides === undefined) continue;
          const { approved, candidate, change } = sides;
          for (const [ours, theirs] of [
            [row.baseline, approved],
            [row.candidate, candidate],
          ] as const) {
            expect(ours.value, `${task} ${key(row)}`).toBeCloseTo(theirs.value ?? theirs.accuracy ?? Number.NaN, 12);
            expect(ours.stderr).toBe(theirs.stderr);
          }
          if (row.change === null || change === undefined) continue;
          expect(row.change.value).toBeCloseTo(change.mean, 12);
          expect(row.change.stderr).toBeCloseTo(change.stderr, 12);
        }
      }
    });

    it.each(Object.entries(judges))(
      'are judged by the share of right ones of each document: %s by %s',
      async (task, judge) => {
        const { candidate, baseline, pairing } = await paired(name);
        const { answers } = expected[task] ?? {};
        for (const [side, benchmarks] of [
          ['candidate', candidate],
          ['approved', baseline],
        ] as const) {
          const { metrics, documents } = taskOf(benchmarks, task);
          const place = metrics.findIndex((metric) => key(metric) === judge);
          expect(metrics[place]?.ofSamples).toBe('share');
          const shares = documents?.map(({ values }) => Number(values[place])) ?? [];
          const wanted = answers?.[side].samples.map(([right, of]) => right / of) ?? [];
          expect(shares).toHaveLength(wanted.length);
          for (const [i, share] of wanted.entries()) expect(shares[i]).toBeCloseTo(share, 12);
        }
        const compared = pairing.tasks.find((own) => own.name === task);
        const row = compared?.metrics.find((metric) => key(metric.row) === judge)?.row;
        expect(row?.change?.value).toBeCloseTo(answers?.change.mean ?? Number.NaN, 12);
        expect(row?.change?.stderr).toBeCloseTo(answers?.change.stderr ?? Number.NaN, 12);
        expect(row?.samples).toBeGreaterThan(1);
      },
    );
  },
);
