import { SEVERITY } from '../../compare/finding.ts';
import { groupName } from '../../compare/index.ts';
import type { MetricDelta, Report } from '../../compare/report.ts';
import { numberColumns, type Table, type TableCell } from '../document/block.ts';
import { judgedRows } from '../text/calibration.ts';
import { metricPart, ofName } from '../text/metric-names.ts';
import {
  formatDifference,
  formatInteger,
  formatNumber,
  formatPercent,
  formatRange,
  formatRelative,
} from '../text/numbers.ts';
import { name, phrase } from '../text/phrase.ts';

/** Enough for every headline; the details have medians by module type. */
const MOST_DELTAS = 16;

/** Movement of each metric. A page has charts instead. */
export function deltaTable({ shadowDeltas }: Report): Table {
  return {
    kind: 'table',
    title: 'Metrics',
    columns: [
      { head: 'metric' },
      { head: 'of' },
      { head: 'where', media: ['comment'] },
      { head: 'where', media: ['terminal'] },
      ...numberColumns('baseline', 'candidate'),
      { head: 'change', isNumber: true, width: 'wide' },
      { head: 'change', isNumber: true, width: 'narrow' },
    ],
    rows: headlineDeltas(shadowDeltas).map(deltaCells),
    total: shadowDeltas.length,
    most: { comment: MOST_DELTAS, terminal: MOST_DELTAS },
  };
}

/** Rows behind the verdict first, then the whole model, then module types. Without a baseline, only the whole model. */
function headlineDeltas(deltas: readonly MetricDelta[]): MetricDelta[] {
  const whole = deltas.filter(({ module }) => module === null);
  if (whole.length > 0 && deltas.every(({ baseline }) => baseline === null)) return whole;
  const rank = (row: MetricDelta): number => 2 * SEVERITY.indexOf(row.level) + (row.module === null ? 0 : 1);
  return [...deltas].sort((a, b) => rank(a) - rank(b));
}

function deltaCells({ metric, of, component, module, level, ...row }: MetricDelta): TableCell[] {
  const [change, relative] = [formatDifference(row.change), formatRelative(row.relativeChange)];
  const marked = (words: string): TableCell => (level === 'info' ? words : { kind: 'marked', mark: level, words });
  const where = module === null ? phrase`whole model` : phrase`${name(module)}`;
  return [
    [metricPart(metric, { length: 28 })],
    ofName(of),
    component === null ? where : phrase`${component} · ${where}`,
    [component, module ?? 'model'].filter((part) => part !== null).join(' '),
    formatNumber(row.baseline),
    row.bounds ? formatRange(row.bounds) : formatNumber(row.candidate),
    marked(relative === '' ? change : `${change} (${relative})`),
    marked(relative === '' ? change : relative),
  ];
}

export function quantizationTable({ quantization }: Report): Table {
  return {
    kind: 'table',
    title: 'Quantization: ‖W_q − W‖ ÷ ‖W‖ against the baseline',
    isTitled: true,
    columns: [
      { head: 'module type', media: ['comment', 'terminal'] },
      { head: 'module type', media: ['page'] },
      ...numberColumns('matrices', 'relative error'),
      { head: 'most in' },
      { head: 'its error', isNumber: true },
    ],
    rows: (quantization?.modules ?? []).map(({ matrices, error, largest, ...row }) => [
      [name(groupName(row), 24)],
      groupName(row),
      formatInteger(matrices),
      formatPercent(error),
      [name(largest.name, 48)],
      formatPercent(largest.error),
    ]),
  };
}

/** Rows, those beyond their limits first: a vision-language model has many module types. */
const MOST_LIMITS = 40;

/** Every number with a limit by known-good checkpoints. A page has them by metric. */
export function calibrationTable(report: Report): Table {
  return {
    kind: 'table',
    title: 'Calibration',
    columns: [
      { head: 'metric', width: 'wide' },
      { head: 'metric', width: 'narrow', wrap: 18 },
      { head: 'part' },
      ...numberColumns('candidate', 'seen', 'limit'),
      { head: 'source', width: 'wide' },
    ],
    rows: judgedRows(report).map(({ metric, place, candidate, seen, limit, source, mark }) => [
      [metric],
      [metric],
      place,
      mark === null || mark === 'pass' ? candidate : { kind: 'marked', mark, words: candidate },
      seen,
      limit,
      source,
    ]),
    most: { comment: MOST_LIMITS },
  };
}
