import { describe, expect, it } from 'vitest';
import { calibrationOutcome, MOST_RUNS } from '../../src/action/extend-calibration.ts';
import type { Calibration } from '../../src/compare/calibration/schema.ts';
import type { Measurement } from '../../src/measure/schema/measurement.ts';
import { calibrated, judged, updated } from '../compare/calibration/updates.ts';

const COMMIT = 'abcdef0'.padEnd(40, '1');

/** Judged by the calibration, with a baseline that is the same model. */
function outcome(calibration: Calibration | null, candidate: Measurement, policy = '') {
  const baseline = updated({}, { name: 'approved' });
  const report = judged(candidate, calibration, { baseline, policy });
  return { report, outcome: calibrationOutcome(calibration, { measurement: candidate, report, commit: COMMIT }) };
}

const ONLY_SPECTRA = 'on-missing-baseline: pass\n';

describe('the calibration in a proposal', () => {
  it('gets one more known-good run, with a name that tells it from the checkpoint of another commit', () => {
    const calibration = calibrated(5);
    const { report, outcome: extended } = outcome(calibration, updated({}, { name: 'models/candidate' }), ONLY_SPECTRA);
    expect(report.verdict, JSON.stringify(report.findings)).toMatch(/pass|warn/);
    if (extended?.kind !== 'extended') throw new Error(`it is ${extended?.kind}`);
    expect(extended.before).toBe(calibration);
    expect(extended.after.runs.map(({ name }) => name)).toEqual([
      ...calibration.runs.map(({ name }) => name),
      'models/candidate@abcdef0',
    ]);
    const hub = updated({}, { name: 'hf://org/model@main' });
    expect(outcome(calibration, hub, ONLY_SPECTRA).outcome).toMatchObject({
      after: { runs: expect.arrayContaining([expect.objectContaining({ name: 'hf://org/model@main' })]) },
    });
  });

  it('never has more than a reviewer can take: the oldest leaves', () => {
    const many = calibrated(MOST_RUNS);
    const { outcome: extended } = outcome(many, updated({}, { name: 'newest' }), ONLY_SPECTRA);
    if (extended?.kind !== 'extended') throw new Error(`it is ${extended?.kind}`);
    expect(extended.after.runs).toHaveLength(MOST_RUNS);
    expect(extended.after.runs[0]?.name).toBe('run-1');
    expect(extended.after.runs.at(-1)?.name).toBe('newest@abcdef0');
  });

  it.each([
    ['is beyond its limits', {}, ''],
    ['is beyond its limits, which only inform', {}, 'calibration: { level: info }\n'],
    ['is of a size that it is not for', { size: 0.4 }, ''],
  ])('does not follow a candidate that %s', (_what, over, policy) => {
    const candidate = updated({ ratio: 3, energy: 0.95, ...over }, { name: 'flagged' });
    expect(outcome(calibrated(5), candidate, `${ONLY_SPECTRA}${policy}`).outcome).toEqual({ kind: 'flagged' });
  });

  it('is not extended by what it cannot judge, what was not judged, and what it has', () => {
    const other = updated({}, { name: 'other' });
    const elsewhere = { ...other, reference: { ...other.checkpoint, digest: 'sha256:another' } };
    expect(outcome(calibrated(5), elsewhere).outcome).toMatchObject({
      kind: 'refused',
      finding: { cause: 'reference' },
    });
    const unknown = { ...other, skipped: [{ name: 'w', reason: 'too large', dtype: 'F32', parameters: 1e9 }] };
    expect(outcome(calibrated(5), unknown, ONLY_SPECTRA)).toMatchObject({
      report: { verdict: 'inconclusive' },
      outcome: { kind: 'not-judged', verdict: 'inconclusive' },
    });
    expect(outcome(calibrated(5), updated({}, { name: 'run-2' })).outcome).toBeNull();
    expect(outcome(null, other).outcome).toBeNull();
  });
});
