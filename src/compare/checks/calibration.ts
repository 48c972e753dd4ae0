import { groupBy } from '@shadow-gate/platform';
import { metricExcess } from '../calibration/assess.ts';
import type { ComparisonContext } from '../check.ts';
import type { Finding, FindingOf, Level, Scope } from '../finding.ts';
import { isBehaviorJudged } from '../probes/enough-facts.ts';
import type { CalibratedMetric, CalibratedSize, CalibrationReport } from '../rows/calibration.ts';
import { boundsWidth } from '../spectra/metric-range.ts';
import { type CalibrationPlace, isSamePlace, placeName } from '../spectra/place.ts';

export function calibratedCheck(context: ComparisonContext): Finding[] {
  const { calibration, policy } = context;
  if (calibration === null) return [];
  const { refused, metrics } = calibration;
  if (refused !== null) {
    // Another finding reports an update of nothing.
    const isUpdated = refused.cause !== 'no-update' || context.candidate.tensors.every(({ of }) => of !== 'delta');
    return [{ kind: 'calibration-refused', level: isUpdated ? 'inconclusive' : 'info', ...refused }];
  }
  const beyond = metrics.filter(({ judged }) => judged?.outcome === 'beyond');
  return [
    ...[...groupBy(beyond, ({ metric }) => metric).values()].map((group) => ({
      ...outlier(group, calibration),
      level: policy.calibration.level,
    })),
    ...metrics.flatMap(unclear),
    ...outsideSizes(context, calibration),
  ];
}

function scopeOf(place: CalibrationPlace): Scope {
  return place.module === null ? { kind: 'model' } : { kind: 'modules', name: placeName(place) };
}

function unclear(metric: CalibratedMetric): Finding[] {
  const { judged, candidate, bounds } = metric;
  if (judged?.outcome !== 'unclear' || bounds === undefined) return [];
  const width = boundsWidth({ value: candidate, ...bounds }, candidate);
  const limit = Math.abs(judged.limit - candidate) / (Math.abs(candidate) || 1);
  const about = { metric: metric.metric, of: 'delta', scope: scopeOf(metric), side: 'candidate' } as const;
  return [{ kind: 'bounds-too-wide', level: 'inconclusive', ...about, width, limit }];
}

function outlier(group: readonly CalibratedMetric[], calibration: CalibrationReport): FindingOf<'calibrated-metric'> {
  const worstFirst = [...group].sort((a, b) => metricExcess(b) - metricExcess(a));
  const [worst] = worstFirst;
  if (!worst?.judged) throw new Error('no number is beyond its limit');
  const { metric, candidate, values, judged } = worst;
  const judgedPlaces = calibration.metrics.filter((other) => other.metric === metric && other.judged !== null);
  return {
    kind: 'calibrated-metric',
    level: 'warn',
    metric,
    of: 'delta',
    scope: scopeOf(worst),
    candidate,
    limit: judged.limit,
    direction: judged.direction,
    by: judged.by,
    least: Math.min(...values),
    most: Math.max(...values),
    runs: values.length,
    calibration: calibration.kind,
    test: calibration.test,
    places: worstFirst.map(placeName),
    judged: judgedPlaces.length,
  };
}

/** Shapes change with size: outside the calibrated sizes, the probes decide, if any. A few such parts are a remark. */
function outsideSizes(context: ComparisonContext, { metrics, sizes, runs }: CalibrationReport): Finding[] {
  const unjudged = metrics.filter(({ judged }) => judged?.outcome === 'not-calibrated');
  const places = sizes.filter((size) => size.isOutside && unjudged.some((metric) => isSamePlace(metric, size)));
  const worstFirst = [...places].sort((a, b) => distanceOf(b) - distanceOf(a));
  const [worst] = worstFirst;
  if (worst === undefined) return [];
  const isPart = ({ module }: CalibratedSize) => module !== null;
  const isMost = !places.every(isPart) || 2 * places.length > sizes.filter(isPart).length;
  const isRemark = context.policy.calibration.level === 'info' || !isMost;
  const level: Level = isRemark ? 'info' : isBehaviorJudged(context) ? 'warn' : 'inconclusive';
  const { candidate, low, high } = worst;
  const numbers = { scope: scopeOf(worst), candidate, low, high, runs: runs.length };
  const named = worstFirst.filter((place) => isPart(place) || places.length === 1).map(placeName);
  return [{ kind: 'not-calibrated-here', level, ...numbers, places: named, sizes: sizes.filter(isPart).length }];
}

function distanceOf({ candidate, low, high }: CalibratedSize): number {
  return Math.max(Math.log(candidate / high), Math.log(low / candidate));
}
