import { describe, expect, it } from 'vitest';
import type { SweptCheckpoint } from '../../../src/compare/sweep/row.ts';
import type { CheckedRow } from '../../../src/compare/sweep/schema.ts';
import { summarizeSweep, worstVerdict } from '../../../src/compare/sweep/summarize.ts';
import { DEFAULT_POLICY } from '../../../src/policy/policy.ts';
import { measurement } from '../measurement.ts';

interface Loss {
  readonly p: number;
  readonly verdict?: CheckedRow['verdict'];
  readonly reportsLoss?: boolean;
  readonly failsOtherwise?: boolean;
  readonly identity?: string;
}

function checkpoint(name: string, { p, verdict = 'pass', identity = name, ...rest }: Loss): SweptCheckpoint {
  return {
    row: {
      ...{ name, path: `run/${name}`, step: null, status: 'checked', digest: identity, verdict, message: '' },
      ...{ benchmark: null, twin: null, shadowDelta: null, transfer: null, spectrum: null },
      loss: { change: -0.1, twins: 100, lost: 12, won: 2, p, alpha: 0.04 },
    },
    identity,
    answers: null,
    reportsLoss: false,
    failsOtherwise: false,
    ...rest,
  };
}

const summarize = (checkpoints: readonly SweptCheckpoint[]) =>
  summarizeSweep(checkpoints, {
    baseline: measurement(),
    baselineName: 'baseline.json',
    policy: DEFAULT_POLICY,
    policyPath: null,
  });

const checkedRows = (checkpoints: readonly SweptCheckpoint[]) =>
  summarize(checkpoints).checkpoints.flatMap((row) => (row.status === 'checked' ? [row] : []));

const failing = { verdict: 'fail', reportsLoss: true } as const;

describe('losses of a sweep', () => {
  it("are adjusted by Holm over all checkpoints, as R's p.adjust does: .01 .02 .03 .04 .05 become .05 .08 .09 .09 .09", () => {
    const rows = checkedRows([0.03, 0.01, 0.05, 0.02, 0.04].map((p, i) => checkpoint(`c${i}`, { p })));
    [0.09, 0.05, 0.09, 0.08, 0.09].forEach((p, i) => {
      expect(rows[i]?.loss?.adjusted).toBeCloseTo(p, 12);
    });
  });

  it('that only the unadjusted p shows are said to be such, and the verdict stays a failure', () => {
    const others = [0.5, 0.6, 0.7].map((p, i) => checkpoint(`o${i}`, { p }));
    const sweep = summarize([
      checkpoint('weak', { ...failing, p: 0.02 }),
      checkpoint('strong', { ...failing, p: 1e-6 }),
      ...others,
    ]);
    const [weak, strong] = sweep.checkpoints;
    expect(weak).toMatchObject({ verdict: 'fail', failsOnlyUnadjusted: true, loss: { shown: 'unadjusted' } });
    expect(strong).toMatchObject({ verdict: 'fail', failsOnlyUnadjusted: false, loss: { shown: 'adjusted' } });
    expect(sweep.verdict).toBe('fail');
  });

  it('do not excuse a failure that has another reason as well', () => {
    const [row] = checkedRows([
      checkpoint('a', { ...failing, p: 0.02, failsOtherwise: true }),
      ...[0.5, 0.6].map((p, i) => checkpoint(`o${i}`, { p })),
    ]);
    expect(row).toMatchObject({ failsOnlyUnadjusted: false, loss: { shown: 'unadjusted' } });
  });

  it('of one model under two names count once, and the second names the first', () => {
    const sweep = summarize([
      checkpoint('a', { p: 0.02, identity: 'same' }),
      checkpoint('b', { p: 0.02, identity: 'same' }),
      checkpoint('c', { p: 0.5 }),
    ]);
    expect(sweep.tests).toBe(2);
    expect(sweep.checkpoints.map((row) => row.status === 'checked' && [row.sameAs, row.loss?.adjusted])).toEqual([
      [null, 0.04],
      ['a', 0.04],
      [null, 0.5],
    ]);
  });
});

it('a checkpoint that could not be measured makes a sweep inconclusive, and a failure makes it fail', () => {
  const unmeasured: SweptCheckpoint = {
    row: { name: 'x', path: 'x', step: null, status: 'unmeasured', verdict: 'inconclusive', message: 'empty' },
  };
  expect(summarize([checkpoint('a', { p: 1 }), unmeasured]).verdict).toBe('inconclusive');
  expect(summarize([unmeasured]).verdict).toBe('inconclusive');
  expect(worstVerdict(['pass', 'inconclusive', 'fail', 'warn'])).toBe('fail');
});
