import type { BenchmarkRow } from '../../compare/index.ts';
import type { AccuracyRow } from '../../compare/probes/index.ts';
import type { Report } from '../../compare/report.ts';
import { printable } from '../escape.ts';
import { metricWithFilter } from './benchmarks.ts';
import { formatCount, formatEnds, percentDigits } from './numbers.ts';

/** What a result of logs is, and how certain. */
export function benchmarkResultNote(row: BenchmarkRow, report: Report): string {
  const { stderr } = row.candidate;
  const samples = row.samples === undefined ? '' : ` of ${formatCount(row.samples, 'sample')} each`;
  const error = stderr === null ? '' : `, standard error ${percentDigits(stderr)}`;
  const logs = report.findings.find((own) => own.kind === 'evaluation-logs' && own.side === 'candidate');
  const program = logs?.kind === 'evaluation-logs' ? `; ${[logs.harness, logs.version ?? []].flat().join(' ')}` : '';
  return note(`${metricWithFilter(row)} in %${error}, ${formatCount(row.n, 'document')}${samples}${program}`, report);
}

/** The same of a suite that the gate asked itself. */
export function suiteResultNote({ candidate, items }: AccuracyRow, report: Report): string {
  const interval = candidate.lower === null ? '' : ` (interval ${formatEnds(candidate, percentDigits)})`;
  return note(`accuracy in %${interval}, ${formatCount(items, 'item')}`, report);
}

function note(what: string, { verdict, tool: { version }, baseline }: Report): string {
  const against = baseline === null ? 'without a baseline' : 'against an approved baseline';
  return printable(`${what}. Shadow Gate ${version}, ${against}: ${verdict}.`);
}
