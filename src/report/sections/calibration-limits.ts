import {
  type Calibration,
  calibrationLimits,
  isIdle,
  type KnownLimit,
  LEAST_RUNS,
  type LimitRule,
  type OddRun,
  oddRuns,
  placeName,
} from '../../compare/calibration/index.ts';
import { fewestRuns } from '../../statistics/index.ts';
import type { Table, TableCell } from '../document/block.ts';
import { printable } from '../escape.ts';
import { IDLE_LIMIT, knownGoodCount, limitSource, rangeWords, SOURCE_WORDS } from '../text/calibration.ts';
import { metricPart } from '../text/metric-names.ts';
import { formatNumber, formatPair, formatPercentLimit } from '../text/numbers.ts';
import { plain, prose } from '../text/phrase.ts';

interface LimitTable {
  /** Without rows if there are too few known-good checkpoints for limits. */
  readonly table: Table;
  /** Basis of the limits, or why there are none. */
  readonly note: string;
  /** The meaning of each short source, and runs that stand out. */
  readonly explained: readonly string[];
}

/** @param alpha rate of false alarms, claimed only with enough exchangeable runs */
export function limitTable(calibration: Calibration, alpha: number): LimitTable {
  const least = LEAST_RUNS[calibration.kind];
  const { rate, limits } =
    calibration.runs.length < least ? { rate: null, limits: [] } : calibrationLimits(calibration, alpha);
  const hasErrors = limits.some(({ limit }) => limit?.line);
  const table: Table = {
    kind: 'table',
    title: 'Limits',
    columns: [
      { head: 'part' },
      { head: 'metric' },
      // In a narrow terminal, errors replace the range seen, which says less about a limit that moves.
      { head: 'seen', isNumber: true, ...(hasErrors ? { width: 'wide' as const } : {}) },
      { head: 'limit', isNumber: true },
      { head: 'source', media: ['comment'] },
      { head: 'source', media: ['terminal'] },
      { head: 'error (without line)', media: hasErrors ? ['terminal'] : [] },
    ],
    rows: limits.map((limit) => cellsOf(limit, calibration, rate)),
  };
  if (calibration.runs.length < least) {
    return { table, note: `It sets no limits yet: ${least} are needed, and more are better.`, explained: [] };
  }
  const rules = new Set(limits.flatMap(({ limit }) => limit?.by ?? []));
  return {
    table,
    note: explain(calibration, rate, alpha),
    explained: [
      ...[...rules].map((by) => `${SOURCE_WORDS[by]}: ${sourceOf(by, calibration)}`),
      ...oddRuns(calibration, alpha).map(oddSentence),
    ],
  };
}

function oddSentence({ name, metric, value, limit, ...place }: OddRun): string {
  const [own, bound] = formatPair(value, limit);
  return `${printable(name, 100)} stands out among the others: ${plain([metricPart(metric)])} of ${placeName(place)} is ${own}, where they would allow ${bound}. Leave it out unless it is good.`;
}

const sourceOf = (by: LimitRule, { kind, runs }: Calibration): string =>
  limitSource(by, { runs: runs.length, calibration: kind, test: null });

function cellsOf(
  { values, metric, direction, limit, ...place }: KnownLimit,
  calibration: Calibration,
  rate: number | null,
): TableCell[] {
  const line = limit?.line;
  const [error, without] = line ? [formatNumber(line.error), formatNumber(line.errorOfMean)] : ['', ''];
  const long = limit === null ? '' : sourceOf(limit.by, calibration);
  const source = rate === null ? `${long}${line ? `; leave-one-out error ${error}, ${without} without` : ''}` : JOINT;
  const bound = limit === null ? '' : `${direction === 'up' ? '≤' : '≥'} ${formatNumber(limit.limit)}`;
  const shown = limit !== null && isIdle({ metric, direction }, limit.limit) ? IDLE_LIMIT : bound;
  return [
    [prose(placeName(place))],
    [metricPart(metric)],
    rangeWords(values),
    shown,
    source,
    SOURCE_WORDS[limit?.by ?? 'order-statistic'],
    line ? `${error} (${without})` : '',
  ];
}

const JOINT = SOURCE_WORDS['order-statistic'];

function explain({ runs, kind }: Calibration, rate: number | null, alpha: number): string {
  const share = formatPercentLimit(alpha);
  if (rate !== null) {
    return `All of them are tested together: of good runs like these, no more than ${share} are reported. Limits depend on the candidate a little, and stand in its report.`;
  }
  const thumb = `No rate of false alarms is claimed for ${knownGoodCount(runs.length, kind)}: these limits are a rule of thumb.`;
  if (kind === 'series')
    return `${thumb} Add each checkpoint that is accepted: they say little of one that is several steps ahead.`;
  if (runs.some(({ isSelected }) => isSelected)) {
    return `${thumb} Runs that the calibration itself accepted say nothing of how often good ones are reported.`;
  }
  return `${thumb} From ${fewestRuns(alpha)} exchangeable runs on, no more than ${share} of good ones are reported.`;
}
