import type { Finding } from '../../compare/finding.ts';
import type { MetricDelta, Report } from '../../compare/report.ts';
import { printable } from '../escape.ts';
import { headlineDeltas } from '../markdown/spectra-tables.ts';
import { LEVEL_MARKS, type Paint, painter } from '../render/terminal/paint.ts';
import { phraseLine } from '../render/terminal/phrase.ts';
import { type Column, type TerminalOptions, terminalTable } from '../render/terminal/table.ts';
import { wrap } from '../render/terminal/wrap.ts';
import { describeFinding } from '../summary/finding.ts';
import { findingsBySeverity, findingsToList } from '../summary/verdict.ts';
import {
  BENCHMARK_COLUMNS,
  type BenchmarkRows,
  benchmarkCells,
  benchmarkTwinsNote,
  metricWithFilter,
  shownBenchmarks,
} from '../text/benchmarks.ts';
import { CALIBRATION_COLUMNS, type CalibrationRow, judgedRows } from '../text/calibration.ts';
import { metricName, ofName } from '../text/metric-names.ts';
import { formatDifference, formatNumber, formatRange, formatRelative } from '../text/numbers.ts';
import { QUANTIZATION_COLUMNS, QUANTIZATION_TITLE, quantizationCells } from '../text/quantization.ts';
import { SLICE_COLUMNS, SLICE_NOTE, SUITE_COLUMNS, SUITE_NOTE, sliceCells, suiteCells } from '../text/suites.ts';
import { measuredSentence, reportDisclaimer } from '../text/words.ts';
import { renderProbes } from './probes.ts';
import { renderDeciding, renderSteps, renderVerdict } from './verdict.ts';

const MAX_FINDINGS = 20;
const MAX_INFOS = 5;
/** Below this many columns a table has room for the relative change only, and none for what each limit rests on. */
const WIDE = 100;

/**
 * The whole report: the verdict first, all tables and findings, what to do, and the verdict last, where the cursor is.
 */
export function renderTerminal(report: Report, options: TerminalOptions): string {
  const { color, width } = options;
  const paint = painter(color);
  const { infos } = findingsBySeverity(report);
  const others = findingsToList(report);
  const findings = [...others.slice(0, MAX_FINDINGS), ...infos.slice(0, MAX_INFOS)].map((finding) =>
    findingLines(finding, width, paint),
  );
  const hidden = Math.max(0, others.length - MAX_FINDINGS) + Math.max(0, infos.length - MAX_INFOS);
  if (hidden > 0) findings.push(`    and ${hidden} more in the JSON report`);

  const table = report.shadowDeltas.length === 0 ? '' : deltas(report.shadowDeltas, width, paint);
  const device = printable(report.device, 60);
  const small = wrap(`${measuredSentence(report, device)} ${reportDisclaimer(report)}`, width - 2).map(
    (line) => `  ${paint('info', line)}`,
  );
  const quantization = quantizationTable(report);
  const probes = report.probes === null ? '' : renderProbes(report.probes, width);
  const benchmarks = renderBenchmarks(report, width);
  const suites = renderSuites(report, width);
  const verdict = renderVerdict(report, { color, width });
  return [
    verdict,
    renderDeciding(report, { color, width }),
    table,
    renderCalibrated(report, { color, width }),
    quantization,
    probes,
    benchmarks,
    suites,
    renderSlices(report, width),
    findings.join('\n'),
    small.join('\n'),
    renderSteps(report, options),
    verdict,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function quantizationTable({ quantization }: Report): string {
  if (quantization === null) return '';
  const [module, matrices, error, largest, own] = QUANTIZATION_COLUMNS;
  const columns: Column[] = [
    { head: module },
    { head: matrices, align: 'right' },
    { head: error, align: 'right' },
    { head: largest },
    { head: own, align: 'right' },
  ];
  const rows = quantization.modules.map((row) => {
    const [type, count, whole, worst, its] = quantizationCells(row);
    return [printable(type, 24), count, whole, printable(worst, 48), its];
  });
  return `  ${QUANTIZATION_TITLE}\n${terminalTable(columns, rows)}`;
}

function findingLines(finding: Finding, width: number, paint: Paint): string {
  return wrap(phraseLine(describeFinding(finding)), width - 4)
    .map((line, i) => `  ${i === 0 ? paint(finding.level, LEVEL_MARKS[finding.level]) : ' '} ${line}`)
    .join('\n');
}

function deltas(all: readonly MetricDelta[], width: number, paint: Paint): string {
  const columns: Column[] = [
    { head: 'metric' },
    { head: 'of' },
    { head: 'where' },
    { head: 'baseline', align: 'right' },
    { head: 'candidate', align: 'right' },
    { head: 'change', align: 'right' },
  ];
  const rows = headlineDeltas(all).map((row) => {
    const relative = formatRelative(row.relativeChange);
    const difference = formatDifference(row.change);
    const change = relative === '' ? difference : width < WIDE ? relative : `${difference} (${relative})`;
    return [
      printable(metricName(row.metric), 28),
      ofName(row.of),
      [row.component, row.module ?? 'model'].filter((part) => part !== null).join(' '),
      formatNumber(row.baseline),
      row.bounds ? formatRange(row.bounds) : formatNumber(row.candidate),
      row.level === 'info' ? change : paint(row.level, `${LEVEL_MARKS[row.level]} ${change}`),
    ];
  });
  const more = all.length - rows.length;
  return terminalTable(columns, rows) + (more > 0 ? `\n  and ${more} more in the JSON report` : '');
}

/** Columns for a name, at most. */
const NAME = 32;

/** The benchmarks of two evaluations for a terminal. Empty without any. */
function renderBenchmarks({ benchmarks, benchmarkTwins = [] }: Report, width: number): string {
  const rows: BenchmarkRows = benchmarks ?? [];
  if (rows.length === 0) return '';
  const columns: Column[] = [
    { head: 'benchmark' },
    { head: 'metric' },
    ...BENCHMARK_COLUMNS.map((head) => ({ head, align: 'right' as const })),
  ];
  const { shown, note } = shownBenchmarks(rows);
  const cells = shown.map((row) => [
    printable(row.task, NAME),
    printable(metricWithFilter(row), NAME),
    ...benchmarkCells(row),
  ]);
  const notes = [note, ...benchmarkTwins.map((twins) => phraseLine(benchmarkTwinsNote(twins)))];
  const lines = notes.flatMap((text) => wrap(text, width - 2).map((line) => `  ${line}`));
  return [terminalTable(columns, cells), ...lines].join('\n');
}

/** What counts for each suite. Empty where the policy says nothing of any. */
function renderSuites({ suites = [] }: Report, width: number): string {
  if (suites.length === 0) return '';
  const columns: Column[] = [
    { head: 'suite' },
    ...SUITE_COLUMNS.map((head, i) => ({ head, align: i === 0 ? ('left' as const) : ('right' as const) })),
  ];
  const cells = suites.map((row) => [printable(row.suite, NAME), ...suiteCells(row)]);
  return [terminalTable(columns, cells), ...wrap(SUITE_NOTE, width - 2).map((line) => `  ${line}`)].join('\n');
}

/** Slices, the worst first. Empty where the policy names none. */
function renderSlices({ slices = [] }: Report, width: number): string {
  if (slices.length === 0) return '';
  const columns: Column[] = [
    ...['suite', 'field', 'value'].map((head) => ({ head })),
    ...SLICE_COLUMNS.map((head) => ({ head, align: 'right' as const })),
  ];
  const shown = slices.slice(0, MAX_SLICES);
  const cells = shown.map((row) => [
    ...[row.suite, row.field, row.value].map((text) => printable(text, NAME)),
    ...sliceCells(row),
  ]);
  const more = slices.length - shown.length;
  const note = `${SLICE_NOTE}${more > 0 ? ` ${more} more in the JSON report.` : ''}`;
  return [terminalTable(columns, cells), ...wrap(note, width - 2).map((line) => `  ${line}`)].join('\n');
}

const MAX_SLICES = 12;
const METRIC_WIDTH = 18;
const NUMBERS = new Set<string>(['candidate', 'seen', 'limit']);

/** Every number that known-good checkpoints set a limit for. Empty without any. */
function renderCalibrated(report: Report, { color, width }: TerminalOptions): string {
  const rows = judgedRows(report);
  if (rows.length === 0) return '';
  const columns = CALIBRATION_COLUMNS.filter((head) => width >= WIDE || head !== 'source').map(
    (head): Column => ({ head, align: NUMBERS.has(head) ? 'right' : 'left' }),
  );
  const paint = painter(color);
  return terminalTable(
    columns,
    rows.map((row) => cellsOf(row, { width, paint }).slice(0, columns.length)),
  );
}

function cellsOf(
  { metric, place, candidate, seen, limit, source, mark }: CalibrationRow,
  { width, paint }: { readonly width: number; readonly paint: Paint },
): string[] {
  const name = phraseLine([metric]);
  const value = mark === null || mark === 'pass' ? candidate : paint(mark, `${LEVEL_MARKS[mark]} ${candidate}`);
  return [width < WIDE ? wrap(name, METRIC_WIDTH).join('\n') : name, place, value, seen, limit, source];
}
