import type { MeasuredProbes, ProbeItemMeasurement } from '@shadow-gate/probes/answer';
import { buildCalibration, type Calibration } from '../../src/compare/calibration/index.ts';
import type { Measurement } from '../../src/measure/schema/measurement.ts';
import { type Seeded, seeded } from '../statistics/seeded.ts';
import { pick, randomPair } from './random-pairs.ts';

/** A pair with what {@link randomPair} never draws, and a calibration in some. */
export interface RandomVariation {
  readonly candidate: Measurement;
  readonly baseline: Measurement | null;
  /** YAML. */
  readonly policy: string;
  readonly calibration: Calibration | null;
}

type Change = (measured: Measurement, random: Seeded) => Measurement;

export function randomVariation(seed: number): RandomVariation {
  const { policy, ...pair } = randomPair(seed);
  const random = seeded(mixed(seed));
  const changes = CHANGES.filter(() => random.uniform() < 0.3);
  // Both sides draw the same, so that they have the same items.
  const drawn = (measured: Measurement): Measurement =>
    changes.reduce((before, change, i) => change(before, seeded(mixed(100_000 * seed + i))), measured);
  const baseline = pair.baseline && drawn(pair.baseline);
  const candidate = withLeftOut(drawn(pair.candidate), random);
  const withoutUpdate = random.uniform() < 0.3 ? withoutUpdates(baseline) : baseline;
  return { candidate, baseline: withoutUpdate, policy, calibration: calibrationOf(candidate, seed, random) };
}

/** The first draws of neighboring seeds are alike. */
const mixed = (seed: number): number => Math.imul(seed + 1, 0x9e3779b1) >>> 0;

const LABELS = ['A', 'B', 'C', 'D'];

function withItems(
  measured: Measurement,
  change: (item: ProbeItemMeasurement, i: number) => ProbeItemMeasurement[],
): Measurement {
  const { probes } = measured;
  if (probes?.status !== 'measured') return measured;
  return { ...measured, probes: { ...probes, items: probes.items.flatMap(change) } };
}

/** The label that an item's answer stands for: the model says one always, or follows the options. */
function labeled(item: ProbeItemMeasurement, i: number, follows: boolean): ProbeItemMeasurement {
  const right = LABELS[i % 4] ?? 'A';
  const given = follows ? (item.correct ? right : (LABELS[(i + 1) % 4] ?? 'A')) : 'A';
  const correct = given === right;
  const margin = (correct ? 1 : -1) * Math.abs(item.margin);
  const { logprobs: _, likelihood: __, ...rest } = item;
  return { ...rest, answers: 'label', right, given, correct, margin, logprobs: null };
}

/** Exams and groups ask for letters, in some with a form that is answered by text. */
const asksForLetters: Change = (measured, random) => {
  const follows = random.uniform() < 0.4;
  const hasText = random.uniform() < 0.5;
  return withItems(measured, (item, i) => {
    if (item.form === 'twin' && item.kind !== 'group') return [item];
    const own = labeled(item, i, follows);
    if (item.form === 'twin' || !hasText) return [own];
    return [own, { ...item, id: `${item.id} as text`, form: 'benchmark-text', answers: 'text' }];
  });
};

/** Twins with the options in another order. */
const permutesOptions: Change = (measured, random) => {
  const follows = random.uniform() < 0.5;
  return withItems(measured, (item, i) => {
    if (item.form !== 'twin' || item.kind === 'group') return [item];
    const oldLabels = Object.fromEntries(LABELS.map((label, k) => [label, LABELS[(k + 1) % 4] ?? 'A']));
    const own = labeled(item, i, follows);
    return [{ ...own, kind: 'format', oldLabel: oldLabels[own.right] ?? 'A', oldLabels }];
  });
};

/** Each answer is four samples. */
const sampled: Change = (measured, random) => {
  const { probes } = measured;
  if (probes?.status !== 'measured') return measured;
  const items = probes.items.map((item): ProbeItemMeasurement => {
    const right = Math.round((item.correct ? 3 : 1) + random.uniform() - 0.5);
    const { likelihood: _, ...rest } = item;
    return {
      ...{ ...rest, probability: null, logprobs: null, correct: 2 * right > 4 },
      samples: { correct: right, of: 4 },
    };
  });
  const suites = probes.suites.map((suite) => ({ ...suite, sampling: { samples: 4, temperature: 0.7 } }));
  return { ...measured, probes: { ...probes, suites, items } };
};

const sharesPassages: Change = (measured) =>
  withItems(measured, (item, i) => [{ ...item, passage: `passage ${i % 7}` }]);

const CHANGES: readonly Change[] = [asksForLetters, permutesOptions, sampled, sharesPassages];

/** Items that the candidate could not run: now and then none is left. */
function withLeftOut(measured: Measurement, random: Seeded): Measurement {
  const { probes } = measured;
  const share = pick(random, [0, 0, 0, 0.02, 0.4, 1]);
  if (probes?.status !== 'measured' || share === 0) return measured;
  const isLeftOut = probes.items.map(() => random.uniform() < share);
  const leftOut = probes.items
    .filter((_, i) => isLeftOut[i])
    .map(({ suite, id, fact, capability, family, cluster, form }): MeasuredProbes['leftOut'][number] => {
      return { suite, id, reason: 'does not fit', fact, capability, family, cluster, form };
    });
  return { ...measured, probes: { ...probes, items: probes.items.filter((_, i) => !isLeftOut[i]), leftOut } };
}

/** The base model itself as the baseline. */
function withoutUpdates(measured: Measurement | null): Measurement | null {
  return (
    measured && {
      ...measured,
      reference: null,
      model: { delta: null },
      tensors: measured.tensors.filter(({ of }) => of === 'weight'),
      groups: measured.groups.filter(({ of }) => of === 'weight'),
    }
  );
}

/** Known-good runs like this one; null for a candidate that none can be like. */
function calibrationOf(candidate: Measurement, seed: number, random: Seeded): Calibration | null {
  if (random.uniform() < 0.5 || candidate.method === null) return null;
  const pair = randomPair(seed);
  const other = pair.baseline ?? pair.candidate;
  const known = Array.from({ length: 8 }, (_, i) => {
    const digest = `sha256:known ${i}`;
    return { name: `run ${i}`, measurement: { ...other, checkpoint: { ...other.checkpoint, digest } } };
  });
  try {
    return buildCalibration(known, pick(random, ['runs', 'series']));
  } catch {
    return null;
  }
}
