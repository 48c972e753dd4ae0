// Judging measurements by the sources of the product, with known-good runs and without.
import { importSources } from '../../scripts/run/import-sources.ts';

const { calibrationOf, compare, parsePolicy, readMeasurement } = await importSources({
  calibrationOf: 'src/compare/calibration/build.ts',
  compare: 'src/compare/compare.ts',
  parsePolicy: 'src/policy/load.ts',
  readMeasurement: 'src/measure/schema/read.ts',
});

export { calibrationOf, readMeasurement };

export const ALPHA = 0.05;
/** What a rule of the ratio alone says; 8% was the default before calibration. */
const ratioRule = (relative) => `rules: [{ metric: mlpAttentionRatio, direction: up, relative: ${relative} }]\n`;
/** The defaults with another rate of false alarms. */
export const policyAt = (alpha) => parsePolicy(`calibration: { alpha: ${alpha} }`, 'a study');
export const POLICIES = {
  default: parsePolicy('{}', 'the defaults'),
  'ratio 8%': parsePolicy(ratioRule(0.08), 'a study of 8%'),
  'ratio 25%': parsePolicy(ratioRule(0.25), 'a study of 25%'),
};

/**
 * The gate's report in a check of spectra alone.
 * @param calibration null: none
 */
export function reportOf({ candidate, baseline, calibration = null, policy = POLICIES.default }) {
  return compare({
    candidate,
    baseline,
    baselinePath: baseline === null ? null : 'baseline.json',
    policy,
    policyPath: null,
    only: 'spectra',
    calibration: calibration && { calibration, path: 'calibration.json' },
  });
}

/** Of a report, what the tables are made of. */
export function summaryOf(report) {
  const counted = report.findings.filter(({ level }) => level !== 'info');
  const { calibration } = report;
  return {
    verdict: report.verdict,
    findings: [...new Set(counted.map(({ kind }) => kind))],
    metrics: [...new Set(counted.flatMap(({ kind, metric }) => (kind === 'calibrated-metric' ? metric : [])))],
    ...(calibration && {
      calibrated: outcomeOf(report),
      p: calibration.test && Number(calibration.test.p.toFixed(4)),
      runs: calibration.runs.length,
    }),
  };
}

/** `flagged` by a number of its own; `outside`: of a size that was not seen, and nothing flagged; `none`: not judged at all. */
export function outcomeOf({ findings, calibration: { refused, metrics } }) {
  const has = (wanted) => findings.some(({ kind, level }) => kind === wanted && level !== 'info');
  if (has('calibrated-metric')) return 'flagged';
  if (has('not-calibrated-here')) return 'outside';
  return refused !== null || metrics.length === 0 ? 'none' : 'quiet';
}

/** A generator of numbers in [0, 1) that gives the same ones each time (mulberry32). */
export function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The list in another order. */
export function shuffled(list, random) {
  const all = [...list];
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [all[i], all[j]] = [all[j], all[i]];
  }
  return all;
}
