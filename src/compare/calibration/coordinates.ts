import { boundedValue, lowerBound, type MaybeBounded, upperBound } from '@shadow-gate/spectra/bounded';
import { withDerived } from '../spectra/derived-metrics.ts';
import { type CalibrationPlace, isSamePlace } from '../spectra/place.ts';
import type { CalibrationRun } from './schema.ts';

export interface SizeRange {
  readonly low: number;
  readonly high: number;
}

/** One number that every known-good checkpoint and the candidate have. */
export interface Coordinate extends CalibrationPlace {
  readonly metric: string;
  readonly values: readonly number[];
  readonly candidate: number;
  readonly bounds: SizeRange;
  /** The bad direction; null where the number is only shown. */
  readonly direction: CoordinateDirection | null;
}

export type SizeCoordinate = CalibrationPlace & Pick<Coordinate, 'values' | 'candidate'>;

export type CoordinateDirection = 'up' | 'down';
type Directions = Readonly<Record<string, CoordinateDirection>>;

/** The bad directions: a narrower update, or for an adapter a larger one. */
const OF_MODEL: Directions = { mlpAttentionRatio: 'up' };
const OF_DENSE: Directions = { 'topEnergy.5%': 'up', stableRank: 'down' };
/** On scales with room for an update of low rank: see `derived-metrics.ts`. */
const OF_LOW_RANK: Directions = { frobeniusNorm: 'up', topEnergyLogOdds: 'up', effectiveRankExcess: 'down' };

/** Fits of a tail are information only, and what depends on the dtype is not about training. */
const NEVER_SHOWN = ['alpha', 'alphaD', 'alphaTail', 'snr', 'referenceSnr', 'roundingLimit'];
/** A dense update also has the numbers that these are derived from. */
const NOT_SHOWN_OF_DENSE = [...NEVER_SHOWN, 'topEnergyLogOdds', 'effectiveRankExcess'];

export interface Coordinates {
  readonly metrics: readonly Coordinate[];
  readonly sizes: readonly SizeCoordinate[];
  /** Judged numbers that only some of the checkpoints have. */
  readonly missing: ReadonlyArray<CalibrationPlace & { readonly metric: string }>;
}

export function calibrationCoordinates(runs: readonly CalibrationRun[], candidate: CalibrationRun): Coordinates {
  const parts = [
    compareIn({ component: null, module: null }, OF_MODEL, [], { runs, candidate }),
    ...candidate.groups.map(({ component, module, isLowRank }) =>
      isLowRank
        ? compareIn({ component, module }, OF_LOW_RANK, NEVER_SHOWN, { runs, candidate })
        : compareIn({ component, module }, OF_DENSE, NOT_SHOWN_OF_DENSE, { runs, candidate }),
    ),
  ];
  return {
    metrics: parts.flatMap(({ metrics }) => metrics),
    sizes: parts.flatMap(({ sizes }) => sizes),
    missing: parts.flatMap(({ missing }) => missing),
  };
}

interface Sides {
  readonly runs: readonly CalibrationRun[];
  readonly candidate: CalibrationRun;
}

function compareIn(
  place: CalibrationPlace,
  directions: Directions,
  hidden: readonly string[],
  { runs, candidate }: Sides,
): Coordinates {
  const measured = measuredIn(candidate, place);
  const [known, own] = [runs.map((run) => numbersOf(measuredIn(run, place))), numbersOf(measured)];
  const shared = Object.keys(known[0] ?? {}).filter(
    (metric) => !hidden.includes(metric) && known.every((numbers) => metric in numbers),
  );
  const metrics = shared.flatMap((metric): Coordinate[] => {
    const value = measured[metric] ?? null;
    if (value === null) return [];
    const values = known.map((numbers) => numbers[metric] ?? 0);
    const bounds = { low: lowerBound(value), high: upperBound(value) };
    const direction = directions[metric] ?? null;
    return [{ ...place, metric, values, candidate: boundedValue(value), bounds, direction }];
  });
  // A place that some did not train at all is none of these: see `unmatched` of the report.
  const all = [...known, own];
  const isTrained = all.every((numbers) => Object.keys(numbers).length > 0);
  const missing = Object.keys(directions).filter(
    (metric) => isTrained && all.some((numbers) => metric in numbers) && !all.every((numbers) => metric in numbers),
  );
  const sizes = known.flatMap((numbers) => sizeOf(numbers) ?? []);
  const size = sizeOf(own);
  return {
    metrics,
    sizes: size !== null && sizes.length === runs.length ? [{ ...place, values: sizes, candidate: size }] : [],
    missing: missing.map((metric) => ({ ...place, metric })),
  };
}

type Measured = Readonly<Record<string, MaybeBounded | null>>;

function measuredIn({ model, updateSize, groups }: CalibrationRun, place: CalibrationPlace): Measured {
  if (place.module === null) return { ...model, updateSize };
  return withDerived(groups.find((other) => isSamePlace(other, place))?.metrics ?? {});
}

function numbersOf(measured: Measured): Record<string, number> {
  return Object.fromEntries(
    Object.entries(measured).flatMap(([metric, value]) => (value === null ? [] : [[metric, boundedValue(value)]])),
  );
}

/** An adapter that was measured without its base model has a norm and no relative size. */
function sizeOf({ updateSize, frobeniusNorm }: Readonly<Record<string, number>>): number | null {
  const size = updateSize || frobeniusNorm || 0;
  return size > 0 ? size : null;
}
