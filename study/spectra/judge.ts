// Judging measurements by the sources of the product, with known-good runs and without.

import { at } from '@shadow-gate/platform';
import type { Calibration } from '../../src/compare/calibration/schema.ts';
import { compare } from '../../src/compare/compare.ts';
import type { Report } from '../../src/compare/report.ts';
import type { Measurement } from '../../src/measure/schema/measurement.ts';
import { parsePolicy } from '../../src/policy/load.ts';
import type { Policy } from '../../src/policy/policy.ts';
import type { Outcome, Summary } from './results.ts';

export const ALPHA = 0.05;
/** What a rule of the ratio alone says; 8% was the default before calibration. */
const ratioRule = (relative: number): string =>
  `rules: [{ metric: mlpAttentionRatio, direction: up, relative: ${relative} }]\n`;
/** The defaults with another rate of false alarms. */
export const policyAt = (alpha: number): Policy => parsePolicy(`calibration: { alpha: ${alpha} }`, 'a study');
export const POLICIES = {
  default: parsePolicy('{}', 'the defaults'),
  'ratio 8%': parsePolicy(ratioRule(0.08), 'a study of 8%'),
  'ratio 25%': parsePolicy(ratioRule(0.25), 'a study of 25%'),
};

interface Judgment {
  readonly candidate: Measurement;
  /** Null: none, as for the next one. */
  readonly baseline: Measurement | null;
  readonly calibration?: Calibration | null;
  readonly policy?: Policy;
}

/** The gate's report in a check of spectra alone. */
export function reportOf({ candidate, baseline, calibration = null, policy = POLICIES.default }: Judgment): Report {
  return compare({
    candidate,
    baseline,
    baselinePath: baseline === null ? null : 'baseline.json',
    policy,
    policyPath: null,
    only: 'spectra',
    calibration: calibration && { calibration, path: 'calibration.json' },
    today: new Date(),
  });
}

/** The part of a report that the tables are made of. */
export function summaryOf(report: Report): Summary {
  const counted = report.findings.filter(({ level }) => level !== 'info');
  const { calibration } = report;
  return {
    verdict: report.verdict,
    findings: [...new Set(counted.map(({ kind }) => kind))],
    metrics: [...new Set(counted.flatMap((finding) => (finding.kind === 'calibrated-metric' ? finding.metric : [])))],
    ...(calibration && {
      calibrated: outcomeOf({ ...report, calibration }),
      p: calibration.test && Number(calibration.test.p.toFixed(4)),
      runs: calibration.runs.length,
    }),
  };
}

/** @throws Error for a report without known-good runs */
export function outcomeOf({ findings, calibration }: Pick<Report, 'findings' | 'calibration'>): Outcome {
  if (calibration === null) throw new Error('nothing was calibrated');
  const { refused, metrics } = calibration;
  const has = (wanted: string) => findings.some(({ kind, level }) => kind === wanted && level !== 'info');
  if (has('calibrated-metric')) return 'flagged';
  if (has('not-calibrated-here')) return 'outside';
  return refused !== null || metrics.length === 0 ? 'none' : 'quiet';
}

/** A generator of numbers in [0, 1) that gives the same ones each time (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The list in another order. */
export function shuffled<T>(list: readonly T[], random: () => number): T[] {
  const all = [...list];
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [all[i], all[j]] = [at(all, j), at(all, i)];
  }
  return all;
}
