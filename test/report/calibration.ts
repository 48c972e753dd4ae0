import type { ModuleType } from '@shadow-gate/checkpoints/naming';
import type { FindingOf } from '../../src/compare/finding.ts';
import type { CalibratedMetric, CalibrationReport } from '../../src/compare/rows/calibration.ts';

/** Values of four known-good runs. */
export const SEEN = [0.52, 0.55, 0.5, 0.58];

export function calibratedMetric(over: Partial<CalibratedMetric> = {}): CalibratedMetric {
  return {
    ...{ component: null, module: 'q_proj', metric: 'topEnergy.5%', values: SEEN, candidate: 0.56 },
    judged: { direction: 'up', limit: 0.62, by: 'range', line: null, outcome: 'within' },
    ...over,
  };
}

export function size(module: ModuleType | null, over: Partial<CalibrationReport['sizes'][number]> = {}) {
  return {
    ...{ component: null, module, values: [0.02, 0.022, 0.021, 0.024], candidate: 0.023 },
    ...{ low: 0.018, high: 0.026, isOutside: false },
    ...over,
  };
}

/**
 * One metric within its limit, one beyond, one that is not judged at its size, one that cannot be, and one that is
 * shown.
 */
export function calibrationReport(over: Partial<CalibrationReport> = {}): CalibrationReport {
  const judged = { direction: 'up', limit: 0.62, by: 'range', line: null, outcome: 'within' } as const;
  return {
    ...{ path: 'calibration.json', kind: 'runs', refused: null, test: null, unmatched: [] },
    runs: SEEN.map((_, i) => ({ name: `runs/seed-${i + 1}`, digest: `sha256:${String(i).repeat(64)}` })),
    sizes: [size('q_proj'), size('v_proj', { candidate: 0.06, isOutside: true })],
    metrics: [
      calibratedMetric(),
      calibratedMetric({ module: 'up_proj', candidate: 0.71, judged: { ...judged, outcome: 'beyond' } }),
      calibratedMetric({ module: 'v_proj', candidate: 0.71, judged: { ...judged, outcome: 'not-calibrated' } }),
      calibratedMetric({
        ...{ module: 'up_proj', metric: 'stableRank', values: [2, 9, 16, 4], candidate: 12 },
        judged: { direction: 'down', limit: -2, by: 'deviations', line: null, outcome: 'idle' },
      }),
      calibratedMetric({ module: 'up_proj', metric: 'effectiveRank', candidate: 0.4, judged: null }),
    ],
    ...over,
  };
}

/** What the check reports of it. */
export const CALIBRATED_FINDING: FindingOf<'calibrated-metric'> = {
  ...{ kind: 'calibrated-metric', level: 'warn', metric: 'topEnergy.5%', of: 'delta' },
  ...{ scope: { kind: 'modules', name: 'up_proj' }, candidate: 0.71, limit: 0.62, direction: 'up', by: 'range' },
  ...{
    least: 0.5,
    most: 0.58,
    runs: 4,
    calibration: 'runs',
    test: null,
    places: ['up_proj', 'down_proj'],
    judged: 7,
  },
};
