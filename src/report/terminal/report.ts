import { styleText } from 'node:util';
import type { Reason } from '../../compare/finding.ts';
import type { MetricDelta, Report } from '../../compare/report.ts';
import { printable } from '../escape.ts';
import { headlineDeltas } from '../markdown/delta-table.ts';
import { formatCount, formatDifference, formatDuration, formatNumber, formatRelative } from '../text/numbers.ts';
import {
  formatTolerance,
  formatValues,
  reasonsBySeverity,
  sentenceWithoutReason,
  worthListing,
} from '../text/verdict.ts';
import { disclaimerOf, metricName, ofName } from '../text/words.ts';
import { renderProbes } from './probes.ts';
import { type Column, type TerminalOptions, terminalTable } from './table.ts';
import { wrap } from './wrap.ts';

const MAX_REASONS = 20;
const MAX_INFOS = 5;
/** Below this many columns a table has room for the relative change only. */
const WIDE = 100;

const MARKS = { pass: '✔', warn: '▲', fail: '✘', inconclusive: '?', info: '·' } as const;
const COLORS = { pass: 'green', warn: 'yellow', fail: 'red', inconclusive: 'magenta', info: 'gray' } as const;

/** What a person reads after `check`: the deltas, the reasons, and the verdict last, where the cursor is. */
export function renderTerminal(report: Report, { color, width }: TerminalOptions): string {
  const paint = (level: keyof typeof COLORS, text: string): string =>
    color ? styleText(COLORS[level], text, { validateStream: false }) : text;
  const { grave, infos } = reasonsBySeverity(report);

  const listed = worthListing(grave) ? grave.slice(0, MAX_REASONS) : [];
  const reasons = [...listed, ...infos.slice(0, MAX_INFOS)].map((reason) => {
    const lines = reasonLines(reason, { message: reason !== grave[0], width: width - 4 });
    return lines.map((line, i) => `  ${i === 0 ? paint(reason.level, MARKS[reason.level]) : ' '} ${line}`).join('\n');
  });
  const hidden = Math.max(0, grave.length - MAX_REASONS) + Math.max(0, infos.length - MAX_INFOS);
  if (hidden > 0) reasons.push(`    and ${hidden} more in report.json`);

  const [first] = grave;
  const sentence = first === undefined ? sentenceWithoutReason(report) : printable(first.message);
  const verdict = wrap(`${MARKS[report.verdict]} ${report.verdict}: ${sentence}`, width - 2)
    .map((line) => `  ${paint(report.verdict, line)}`)
    .join('\n');

  const table = report.shadowDeltas.length === 0 ? '' : deltas(report.shadowDeltas, width, paint);
  const small = wrap(`${measured(report)} ${disclaimerOf(report)}`, width - 2).map(
    (line) => `  ${paint('info', line)}`,
  );
  const probes = report.probes === null ? '' : renderProbes(report.probes, width);
  return [table, probes, reasons.join('\n'), small.join('\n'), verdict].filter((part) => part !== '').join('\n\n');
}

/** Metric, place, both values and tolerance in one line if they fit, the message under it unless the verdict says it. */
function reasonLines(reason: Reason, { message, width }: { message: boolean; width: number }): string[] {
  const place = reason.place === 'model' || reason.place === '' ? 'whole model' : printable(reason.place, width);
  const values = formatValues(reason, (text) => printable(text, 40));
  const tolerance = formatTolerance(reason.tolerance, printable);
  const facts = [printable(metricName(reason.metric), 40), place, values, tolerance];
  const line = wrap(facts.filter((fact) => fact !== '').join(' · '), width);
  return message ? [...line, ...wrap(printable(reason.message), width)] : line;
}

function deltas(
  all: readonly MetricDelta[],
  width: number,
  paint: (level: MetricDelta['level'], text: string) => string,
): string {
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

function measured(report: Report): string {
  const updates = report.tensors.filter((tensor) => tensor.of === 'delta').length;
  const weights = report.tensors.length - updates;
  const counts = [`${weights.toLocaleString('en-US')} W`, `${updates.toLocaleString('en-US')} ΔW`];
  const what = weights === 0 ? counts.slice(1) : updates === 0 ? counts.slice(0, 1) : counts;
  const skipped = report.skipped.length > 0 ? `, skipped ${formatCount(report.skipped.length, 'tensor')}` : '';
  const time = formatDuration(report.durationSeconds);
  if (weights + updates === 0)
    return `Asked ${formatCount(report.probes?.asked ?? 0, 'probe')}, in ${time} on ${printable(report.device, 60)}.`;
  return `Measured ${what.join(' and ')}${skipped}, in ${time} on ${printable(report.device, 60)}.`;
}
