import { expect, it } from 'vitest';
import { buildCalibration, calibrationRun } from '../../../src/compare/calibration/build.ts';
import type { Calibration } from '../../../src/compare/calibration/schema.ts';
import type { Measurement } from '../../../src/measure/schema/measurement.ts';
import { type Seeded, seeded } from '../../statistics/seeded.ts';
import { goodRuns, judged, MODULES, type Numbers, updated } from './updates.ts';

const RUNS = 19;

/** Runs of one recipe: what a run has in common moves all module types, and each of them moves by itself. */
function drawn(random: Seeded, name: string, { spread = 0.05, shift = 0 } = {}): Measurement {
  const common = random.normal();
  const moved = (center: number, toward = 0) =>
    center * Math.exp(spread * (0.7 * common + 0.7 * random.normal() + shift * toward));
  const numbers = (): Partial<Numbers> => ({
    ...{ size: moved(0.04), ratio: moved(0.6, 1), energy: moved(0.3, 1), stableRank: moved(12, -1) },
  });
  return updated(numbers(), { name, modules: Object.fromEntries(MODULES.map((module) => [module, numbers()])) });
}

const known = buildCalibration(goodRuns(4), 'runs');

function calibratedWith(random: Seeded, options: Parameters<typeof drawn>[2] = {}): Calibration {
  const runs = Array.from({ length: RUNS }, (_, i) => {
    const name = `run-${i}`;
    return calibrationRun({ name, measurement: drawn(random, name, options) });
  });
  return { ...known, runs };
}

/** Is anything said of the shape of its update? */
function isReported(candidate: Measurement, calibration: Calibration): boolean {
  const { findings, calibration: assessed } = judged(candidate, calibration);
  expect(assessed).toMatchObject({ refused: null, test: { alpha: 0.05 } });
  return findings.some(({ kind, level }) => kind.includes('calibrated') && level !== 'info');
}

it.each([
  ['that are alike', 0.05, 2000],
  // Twice the largest is further than what was seen, whatever the spread.
  ['whose sizes differ by a factor of four', 0.35, 500],
])('a calibration of 19 runs %s reports few good ones, by everything it judges', (_, spread, draws) => {
  const random = seeded(Math.round(spread * 100));
  let alarms = 0;
  for (let i = 0; i < draws; i += 1) {
    const calibration = calibratedWith(random, { spread });
    alarms += isReported(drawn(random, 'candidate', { spread }), calibration) ? 1 : 0;
  }
  const error = Math.sqrt((0.05 * 0.95) / draws);
  expect(alarms / draws).toBeLessThanOrEqual(0.05 + 3 * error);
  // Not vacuous: sizes that differ by a tenth alone are not reported.
  expect(alarms / draws).toBeGreaterThanOrEqual(0.02);
});

it('a calibration of 19 runs finds updates that are narrower everywhere by a few of their standard deviations', () => {
  const random = seeded(22);
  let alarms = 0;
  for (let i = 0; i < 100; i += 1) {
    alarms += isReported(drawn(random, 'candidate', { shift: 5 }), calibratedWith(random)) ? 1 : 0;
  }
  expect(alarms / 100).toBeGreaterThanOrEqual(0.8);
});
