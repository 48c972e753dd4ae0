import type { CalibrationReport } from '../../compare/calibration/report-schema.ts';
import type { FindingOf } from '../../compare/finding.ts';
import type { Report } from '../../compare/report.ts';
import { metricPart } from '../text/metric-names.ts';
import {
  formatCount,
  formatInteger,
  formatNumber,
  formatPair,
  formatPercentLimit,
  formatProbability,
} from '../text/numbers.ts';
import { listed, name, type Phrase, phrase } from '../text/phrase.ts';

type Outlier = FindingOf<'calibrated-metric'>;

/** A limit is longer than a name, so names of module types stop early. */
const NAMED = 3;

export function calibratedMetric(finding: Outlier): Phrase {
  const { metric, scope, candidate, limit, direction, places, judged } = finding;
  const [value, bound] = formatPair(candidate, limit);
  const where = scope.kind === 'model' ? [] : phrase` in ${name(scope.name)}`;
  const others =
    places.length < 2
      ? []
      : phrase` (also in ${otherPlaces(places.slice(1))}; ${formatInteger(places.length)} of ${formatInteger(judged)} module types)`;
  const side = direction === 'up' ? 'above' : 'below';
  return phrase`${metricPart(metric, { capitalized: true })} of ΔW${where} is ${value}, ${side} the calibrated limit of ${bound}: ${rangeOf(finding)}${others}.`;
}

function otherPlaces(places: readonly string[]): Phrase {
  return listed(
    places.slice(0, NAMED).map((place) => [name(place)]),
    places.length,
  );
}

/** `range of 4 known-good runs, widened by half`: what a limit rests on. */
export function limitSource(
  by: Outlier['by'],
  { runs, calibration, test }: Pick<Outlier, 'runs' | 'calibration' | 'test'>,
): string {
  const what =
    calibration === 'runs' ? formatCount(runs, 'known-good run') : formatCount(runs, 'known-good checkpoint');
  switch (by) {
    case 'order-statistic':
      return `${what}, false alarms in ${formatPercentLimit(test?.alpha ?? 0)} of good ones`;
    case 'range':
      return `range of ${what}, widened by half`;
    case 'deviations':
      return `mean of ${what} ± 3 standard deviations`;
    case 'student':
      return `range of ${what}, widened by half, and further by Student's t for all numbers`;
    case 'least-margin':
      return `range of ${what}, and the least margin`;
    case 'regression':
      return `line through ${what} by size of the update`;
  }
}

function rangeOf(finding: Outlier): string {
  const { least, most, by, test } = finding;
  const [low, high] = formatPair(least, most);
  const probability = test === null ? '' : `, ${formatProbability(test.p)}`;
  return `${low} to ${high} seen (${limitSource(by, finding)}${probability})`;
}

export function notCalibratedHere({
  scope,
  candidate,
  low,
  high,
  runs,
  places,
  sizes,
}: FindingOf<'not-calibrated-here'>): Phrase {
  const where = scope.kind === 'model' ? 'the model' : name(scope.name);
  const others = places.length < 2 ? '' : ` (${formatInteger(places.length)} of ${formatInteger(sizes)} module types)`;
  const [least, most] = formatPair(low, high);
  return phrase`Not calibrated here: the update of ${where} has a size of ${formatNumber(candidate)}, and ${formatCount(runs, 'known-good checkpoint')} cover ${least} to ${most}${others}. Concentration changes with the size of an update, so it is not judged there.`;
}

type Cause = NonNullable<CalibrationReport['refused']>['cause'];

const REFUSED: Readonly<Record<Cause, string>> = {
  'tool-version': 'it was measured by another version of Shadow Gate',
  architecture: 'it is of another architecture',
  reference: 'it was measured against another reference',
  adapter: 'it is of the other kind',
  rank: 'it is of another LoRA rank',
  tensors: 'it is of other tensors',
  shape: 'it is of other shapes',
  'no-update': 'the candidate has no update, since no reference was given',
  'low-rank': 'its updates are of another kind',
  updates: 'its runs updated other matrices',
  metric: 'the candidate lacks a number that it judges',
};

export function calibrationRefused({ cause, what, calibrated, candidate }: FindingOf<'calibration-refused'>): Phrase {
  const place = what === null ? [] : phrase`${name(what)}: `;
  const both =
    calibrated === null && candidate === null
      ? []
      : phrase` (${place}calibrated ${calibrated === null ? 'none' : name(calibrated)}, candidate ${candidate === null ? 'none' : name(candidate)})`;
  return phrase`The calibration cannot be used: ${REFUSED[cause]}${both}.`;
}

/** What the shape of the update was judged by; where nothing says what is usual, how to get limits. Empty without an update. */
export function calibrationSentence({ calibration, groups }: Report): string {
  if (calibration?.refused) return '';
  const runs = calibration?.runs.length ?? 0;
  if (calibration === null || calibration.metrics.length === 0) {
    const isMeasured = groups.candidate.some(({ of }) => of === 'delta');
    const known =
      runs === 0
        ? ''
        : ` (${formatCount(runs, 'known-good run')} besides this one ${runs === 1 ? 'is' : 'are'} too few)`;
    return isMeasured
      ? `No limit for the shape of an update is calibrated here${known}: shadow-gate calibrate sets limits from known-good runs.`
      : '';
  }
  const what =
    calibration.kind === 'runs' ? formatCount(runs, 'known-good run') : `${formatCount(runs, 'checkpoint')} of one run`;
  const how =
    calibration.test === null
      ? `The update was judged by the range of ${what}, widened by half, or by 3 standard deviations${calibration.kind === 'runs' ? " or Student's t" : ''} where they reach further${calibration.metrics.some(({ judged }) => judged?.line) ? ', around a line by the size of the update where it explains them' : ''}.`
      : `The update was judged beside ${what}, all numbers in one test with false alarms in at most ${formatPercentLimit(calibration.test.alpha)} of good ones.`;
  const { unmatched } = calibration;
  if (unmatched.length === 0) return how;
  return `${how} Not judged, since not all of them trained it: ${unmatched.join(', ')}.`;
}
