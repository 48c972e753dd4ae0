import { markdownTable } from 'markdown-table';
import { SEVERITY } from '../../compare/finding.ts';
import type { MetricDelta, Report } from '../../compare/report.ts';
import { codeName } from '../escape.ts';
import { phraseMarkdown } from '../render/markdown/phrase.ts';
import { CALIBRATION_COLUMNS, type CalibrationRow, judgedRows } from '../text/calibration.ts';
import { metricPart, ofName } from '../text/metric-names.ts';
import { formatDifference, formatNumber, formatRange, formatRelative } from '../text/numbers.ts';
import { QUANTIZATION_COLUMNS, QUANTIZATION_TITLE, quantizationCells } from '../text/quantization.ts';
import { ICONS } from '../text/words.ts';

/** Enough for every headline; the medians in the details tell the rest by module type. */
const MAX_ROWS = 16;

/**
 * The rows worth a place above the fold: those behind the verdict, then the whole model, then module types. Without a
 * baseline, the rows of the whole model are enough.
 */
export function headlineDeltas(deltas: readonly MetricDelta[]): MetricDelta[] {
  const whole = deltas.filter(({ module }) => module === null);
  if (whole.length > 0 && deltas.every(({ baseline }) => baseline === null)) return whole.slice(0, MAX_ROWS);
  const rank = (row: MetricDelta): number => 2 * SEVERITY.indexOf(row.level) + (row.module === null ? 0 : 1);
  return [...deltas].sort((a, b) => rank(a) - rank(b)).slice(0, MAX_ROWS);
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

/** How far each module type is from the baseline's weights; empty where nothing was quantized. */
export function quantizationTable(quantization: Report['quantization']): string {
  if (quantization === null) return '';
  const rows = quantization.modules.map((row) => {
    const [module, matrices, error, largest, own] = quantizationCells(row);
    return [codeName(module), matrices, error, codeName(largest), own];
  });
  const table = markdownTable([[...QUANTIZATION_COLUMNS], ...rows], {
    align: ['l', 'r', 'r', 'l', 'r'],
    alignDelimiters: false,
  });
  return `**${QUANTIZATION_TITLE}**\n\n${table}`;
}

/** A vision-language model has more module types than a reader goes through: those beyond their limits come first. */
const MAX_LIMITS = 40;

/** Every number that known-good checkpoints set a limit for. Empty without any. */
export function calibrationTable(report: Report): string {
  const all = judgedRows(report);
  if (all.length === 0) return '';
  const rows = all.slice(0, MAX_LIMITS).map(cellsOf);
  const table = markdownTable([[...CALIBRATION_COLUMNS], ...rows], {
    align: ['l', 'l', 'r', 'r', 'r', 'l'],
    alignDelimiters: false,
  });
  const more = all.length - rows.length;
  return more > 0 ? `${table}\n\n<sub>and ${more} more in report.json</sub>` : table;
}

function cellsOf({ metric, place, candidate, seen, limit, source, mark }: CalibrationRow): string[] {
  const value = mark === null || mark === 'pass' ? candidate : `${ICONS[mark]} **${candidate}**`;
  return [phraseMarkdown([metric]), place, value, seen, limit, source];
}
