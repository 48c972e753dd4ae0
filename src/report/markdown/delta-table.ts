import { markdownTable } from 'markdown-table';
import { SEVERITY } from '../../compare/finding.ts';
import type { MetricDelta } from '../../compare/report.ts';
import { codeName } from '../escape.ts';
import { metricPart, ofName } from '../text/metric-names.ts';
import { formatDifference, formatNumber, formatRange, formatRelative } from '../text/numbers.ts';
import { ICONS } from '../text/words.ts';
import { phraseMarkdown } from './phrase.ts';

/** Enough for every headline; the medians in the details tell the rest by module type. */
const MAX_ROWS = 16;

/**
 * The rows worth a place above the fold: those behind the verdict, then the whole model, then module types. Without a
 * baseline, the rows of the whole model are enough.
 */
export function headlineDeltas(deltas: readonly MetricDelta[], max = MAX_ROWS): MetricDelta[] {
  const whole = deltas.filter(({ module }) => module === null);
  if (whole.length > 0 && deltas.every(({ baseline }) => baseline === null)) return whole.slice(0, max);
  const rank = (row: MetricDelta): number => 2 * SEVERITY.indexOf(row.level) + (row.module === null ? 0 : 1);
  return [...deltas].sort((a, b) => rank(a) - rank(b)).slice(0, max);
}

/** The one table of the comment: how each metric moved from baseline to candidate. */
export function deltaTable(deltas: readonly MetricDelta[]): string {
  if (deltas.length === 0) return '';
  const rows = headlineDeltas(deltas).map((row) => [
    phraseMarkdown([metricPart(row.metric)]),
    ofName(row.of),
    whereMarkdown(row),
    formatNumber(row.baseline),
    row.bounds ? formatRange(row.bounds) : formatNumber(row.candidate),
    changeMarkdown(row),
  ]);
  const table = markdownTable([['metric', 'of', 'where', 'baseline', 'candidate', 'change'], ...rows], {
    align: ['l', 'l', 'l', 'r', 'r', 'r'],
    alignDelimiters: false,
  });
  const more = deltas.length - rows.length;
  return more > 0 ? `${table}\n\n<sub>and ${more} more in report.json</sub>` : table;
}

function whereMarkdown(row: MetricDelta): string {
  const module = row.module === null ? 'whole model' : codeName(row.module);
  return row.component === null ? module : `${row.component} · ${module}`;
}

function changeMarkdown(row: MetricDelta): string {
  const relative = formatRelative(row.relativeChange);
  const change = formatDifference(row.change) + (relative === '' ? '' : ` (${relative})`);
  return row.level === 'info' ? change : `${ICONS[row.level]} **${change}**`;
}
