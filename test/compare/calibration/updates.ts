import { buildCalibration, type KnownGood } from '../../../src/compare/calibration/build.ts';
import type { Calibration } from '../../../src/compare/calibration/schema.ts';
import { compare } from '../../../src/compare/compare.ts';
import type { Report } from '../../../src/compare/report.ts';
import type { CalibrationKind } from '../../../src/compare/rows/calibration.ts';
import type { Measurement } from '../../../src/measure/schema/measurement.ts';
import { parsePolicy } from '../../../src/policy/load.ts';
import { tensor } from '../../report/fixtures.ts';
import { measurement } from '../measurement.ts';

export const MODULES = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj', 'embed'] as const;

/** The numbers of an update that a calibration judges, in every module type alike. */
export interface Numbers {
  /** ‖ΔW‖ ÷ ‖W‖. */
  readonly size: number;
  readonly ratio: number;
  readonly energy: number;
  readonly stableRank: number;
  /** For an adapter, as the next two. */
  readonly norm: number;
  readonly firstEnergy: number;
  readonly effectiveRank: number;
}

export const USUAL: Numbers = {
  ...{ size: 0.04, ratio: 0.6, energy: 0.5, stableRank: 12, norm: 1.5 },
  ...{ firstEnergy: 0.6, effectiveRank: 3 },
};

const TEMPLATES = { full: template(), adapter: template(8) };

function template(loraRank?: number): Measurement {
  return measurement({
    tensors: MODULES.flatMap((module) => [
      ...(loraRank === undefined ? [tensor(`0.${module}`, module, 'weight')] : []),
      tensor(`0.${module}`, module, 'delta', undefined, loraRank === undefined ? {} : { loraRank }),
    ]),
    ...(loraRank === undefined ? {} : { reference: null }),
  });
}

interface Update {
  readonly name?: string;
  /** An adapter, which was measured without its base model. */
  readonly isAdapter?: boolean;
  /** The numbers of one module type that differ from those of the others. */
  readonly modules?: Partial<Readonly<Record<(typeof MODULES)[number], Partial<Numbers>>>>;
}

/** A checkpoint with an update of these numbers. Its name is its digest. */
export function updated(over: Partial<Numbers> = {}, { name = 'candidate', isAdapter, modules = {} }: Update = {}) {
  const made = TEMPLATES[isAdapter ? 'adapter' : 'full'];
  const all = { ...USUAL, ...over };
  const { delta } = made.model;
  if (delta === null) throw new Error('the template has no update');
  const whole = isAdapter
    ? { ...delta, mlpAttentionRatio: null, mlpTopEnergy: 1, attentionTopEnergy: 1, updateSize: null }
    : { ...delta, mlpAttentionRatio: all.ratio, updateSize: all.size };
  return {
    ...made,
    checkpoint: { ...made.checkpoint, digest: `sha256:${name}` },
    run: { ...made.run, checkpoint: name },
    model: { delta: whole },
    groups: made.groups.map((group) => {
      if (group.of === 'weight') return group;
      const numbers = { ...all, ...modules[group.module as (typeof MODULES)[number]] };
      const median = {
        // One that is shown and not judged.
        spectralNorm: 0.5 * numbers.norm,
        ...{ 'topEnergy.1': numbers.firstEnergy, 'topEnergy.5%': isAdapter ? 1 : numbers.energy },
        ...{ stableRank: numbers.stableRank, effectiveRank: numbers.effectiveRank, frobeniusNorm: numbers.norm },
        ...(isAdapter ? {} : { updateSize: numbers.size }),
      };
      return { ...group, median };
    }),
  } satisfies Measurement;
}

/** Known-good runs `run-0`, `run-1`, … whose numbers are the usual ones times 1 − 2%, …, 1 + 2%, evenly. */
export function goodRuns(count: number, { isAdapter = false, over = {} as Partial<Numbers> } = {}): KnownGood[] {
  return Array.from({ length: count }, (_, i) => {
    const factor = 1 + 0.02 * ((2 * i) / (count - 1) - 1);
    const numbers = Object.fromEntries(
      Object.entries({ ...USUAL, ...over }).map(([key, value]) => [key, value * factor]),
    );
    const name = `run-${i}`;
    return { name, measurement: updated(numbers, { name, isAdapter }) };
  });
}

export function calibrated(count: number, kind: CalibrationKind = 'runs', isAdapter = false): Calibration {
  return buildCalibration(goodRuns(count, { isAdapter }), kind);
}

interface Judging {
  readonly baseline?: Measurement | null;
  /** YAML. */
  readonly policy?: string;
}

export function judged(
  candidate: Measurement,
  calibration: Calibration | null,
  { baseline = null, policy = '' }: Judging = {},
): Report {
  return compare({
    ...{ candidate, baseline, baselinePath: null, policyPath: null },
    policy: parsePolicy(policy, 'policy.yml'),
    calibration: calibration && { calibration, path: 'calibration.json' },
    today: new Date(),
  });
}
