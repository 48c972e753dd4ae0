import { isDeepStrictEqual } from 'node:util';
import type { Random } from '@shadow-gate/probes/random';
import { boundedValue } from '@shadow-gate/spectra/bounded';
import { buildCalibration } from '../../../src/compare/calibration/build.ts';
import { calibrationText, parseCalibration } from '../../../src/compare/calibration/file.ts';
import type { Calibration, CalibrationRun } from '../../../src/compare/calibration/schema.ts';
import { compare } from '../../../src/compare/compare.ts';
import type { Measurement } from '../../../src/measure/schema/measurement.ts';
import { parseMeasurement } from '../../../src/measure/schema/read.ts';
import { DEFAULT_POLICY } from '../../../src/policy/policy.ts';
import { renderCalibration } from '../../../src/report/terminal/calibration.ts';
import { type Fuzzer, promise } from '../fuzzer.ts';
import { single, textOf } from '../input.ts';
import { jsonBytes, mutateJson } from '../mutate/json.ts';
import { madeSeed } from '../seeds.ts';
import { expectClean, expectShowable } from '../showable.ts';

const parsed: { seed?: Measurement } = {};

function original(): Measurement {
  parsed.seed ??= parseMeasurement(JSON.stringify(madeSeed('measurement.json')), 'seed');
  return parsed.seed;
}

/** A run like the candidate, whose numbers are some percent larger or smaller. */
function runLike(measurement: Measurement, name: string, factor: number): Measurement {
  return {
    ...measurement,
    checkpoint: { ...measurement.checkpoint, digest: `sha256:${name}` },
    groups: measurement.groups.map((group) => ({
      ...group,
      median: Object.fromEntries(
        Object.entries(group.median).map(([metric, value]) => [metric, boundedValue(value) * factor]),
      ),
    })),
  };
}

/** Few runs, enough for a rate, or a series that is long enough for lines. */
function calibrationLike(random: Random): Calibration {
  const count = random.pick([1, 3, 5, 8, 20]);
  const measurement = original();
  const known = Array.from({ length: count }, (_, i) => {
    const name = `run-${i}`;
    return { name, measurement: runLike(measurement, name, 1 + random.int(-50, 50) / 1000) };
  });
  return buildCalibration(known, random.pick(['runs', 'series'] as const));
}

const NUMBERS = [0, -1, 1e-320, 1e-9, 1e154, 1e308, -1e308, { value: 2, low: 3, high: 1 }] as const;

/** With a number that the schema allows, and no checkpoint has. */
function withNumber(run: CalibrationRun, random: Random): CalibrationRun {
  if (random.int(0, 3) === 0) return { ...run, updateSize: random.pick([0, 1e-320, 1e308]) };
  const target = random.pick(run.groups);
  const metric = random.pick(Object.keys(target.metrics));
  const metrics = { ...target.metrics, [metric]: random.pick(NUMBERS) };
  return { ...run, groups: run.groups.map((group) => (group === target ? { ...group, metrics } : group)) };
}

export const calibration: Fuzzer = {
  name: 'calibration',
  about: 'calibration.json, and a candidate that it judges',
  make: (random) => {
    const made = calibrationLike(random);
    const target = random.int(0, made.runs.length - 1);
    const edits = [(run: CalibrationRun) => mutateJson(run, random), (run: CalibrationRun) => withNumber(run, random)];
    const edit = random.pick(edits);
    const edited =
      random.int(0, 3) === 0
        ? mutateJson(made, random)
        : { ...made, runs: made.runs.map((run, i) => (i === target ? edit(run) : run)) };
    return single(jsonBytes(edited, random));
  },
  run: (input) => {
    const read = parseCalibration(textOf(input), 'calibration.json');
    promise(
      isDeepStrictEqual(parseCalibration(calibrationText(read), 'calibration.json'), read),
      'a calibration is another one after it was written and read',
    );
    for (const alpha of [0.05, 0.2]) {
      const printed = renderCalibration(read, { path: 'calibration.json', alpha, color: false, width: 100 });
      expectClean(printed, 'the calibration');
      const policy = { ...DEFAULT_POLICY, calibration: { ...DEFAULT_POLICY.calibration, alpha } };
      const named = { calibration: read, path: 'calibration.json' };
      const candidate = original();
      const sides = { candidate, baseline: null, baselinePath: null, policy, policyPath: null };
      const report = compare({ ...sides, calibration: named, today: new Date() });
      expectShowable(report);
      const { refused, metrics = [], runs = [] } = report.calibration ?? {};
      promise(refused === null || metrics.length === 0, 'a refused calibration judges something');
      promise(!runs.some(({ digest }) => digest === candidate.checkpoint.digest), 'a candidate is judged by itself');
      const isNumber = ({ judged }: (typeof metrics)[number]) => judged === null || Number.isFinite(judged.limit);
      promise(metrics.every(isNumber), 'a limit is no number');
    }
  },
};
