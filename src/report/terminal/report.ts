import { styleText } from 'node:util';
import type { Finding, Level } from '../../compare/finding.ts';
import type { MetricDelta, Report, Verdict } from '../../compare/report.ts';
import { printable } from '../escape.ts';
import { headlineDeltas } from '../markdown/delta-table.ts';
import { describeFinding } from '../text/finding.ts';
import { metricName, ofName } from '../text/metric-names.ts';
import { formatDifference, formatNumber, formatRelative } from '../text/numbers.ts';
import { findingsBySeverity, findingsToList, verdictSentence } from '../text/verdict.ts';
import { disclaimerOf, measuredSentence } from '../text/words.ts';
import { renderBenchmarks } from './benchmarks.ts';
import { phraseLine } from './phrase.ts';
import { renderProbes } from './probes.ts';
import { type Column, type TerminalOptions, terminalTable } from './table.ts';
import { wrap } from './wrap.ts';

const MAX_FINDINGS = 20;
const MAX_INFOS = 5;
/** Below this many columns a table has room for the relative change only. */
const WIDE = 100;

const MARKS = { pass: '✔', warn: '▲', fail: '✘', inconclusive: '?', info: '·' } as const;
const COLORS = { pass: 'green', warn: 'yellow', fail: 'red', inconclusive: 'magenta', info: 'gray' } as const;

type Paint = (level: Level | Verdict, text: string) => string;

/** The report after `check`: the tables, the findings, and the verdict last, where the cursor is. */
export function renderTerminal(report: Report, { color, width }: TerminalOptions): string {
  const paint = painter(color);
  const { infos } = findingsBySeverity(report);
  const others = findingsToList(report);
  const findings = [...others.slice(0, MAX_FINDINGS), ...infos.slice(0, MAX_INFOS)].map((finding) =>
    findingLines(finding, width, paint),
  );
  const hidden = Math.max(0, others.length - MAX_FINDINGS) + Math.max(0, infos.length - MAX_INFOS);
  if (hidden > 0) findings.push(`    and ${hidden} more in report.json`);

  const table = report.shadowDeltas.length === 0 ? '' : deltas(report.shadowDeltas, width, paint);
  const device = printable(report.device, 60);
  const small = wrap(`${measuredSentence(report, device)} ${disclaimerOf(report)}`, width - 2).map(
    (line) => `  ${paint('info', line)}`,
  );
  const probes = report.probes === null ? '' : renderProbes(report.probes, width);
  const benchmarks = renderBenchmarks(report.benchmarks ?? [], width);
  return [table, probes, benchmarks, findings.join('\n'), small.join('\n'), renderVerdict(report, { color, width })]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** The verdict and the sentence that decides, alone. */
export function renderVerdict(report: Report, { color, width }: TerminalOptions): string {
  const sentence = phraseLine(verdictSentence(report));
  return wrap(`${MARKS[report.verdict]} ${report.verdict}: ${sentence}`, width - 2)
    .map((line) => `  ${painter(color)(report.verdict, line)}`)
    .join('\n');
}

const painter =
  (color: boolean): Paint =>
  (level, text) =>
    color ? styleText(COLORS[level], text, { validateStream: false }) : text;

function findingLines(finding: Finding, width: number, paint: Paint): string {
  return wrap(phraseLine(describeFinding(finding)), width - 4)
    .map((line, i) => `  ${i === 0 ? paint(finding.level, MARKS[finding.level]) : ' '} ${line}`)
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
      formatNumber(row.candidate),
      row.level === 'info' ? change : paint(row.level, `${MARKS[row.level]} ${change}`),
    ];
  });
  const more = all.length - rows.length;
  return terminalTable(columns, rows) + (more > 0 ? `\n  and ${more} more in report.json` : '');
}
