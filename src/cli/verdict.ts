import { join } from 'node:path';
import type { Report } from '../compare/report.ts';
import { writeFileAtomic, writeJson } from '../platform/write-file.ts';
import { printable, printableJson } from '../report/escape.ts';
import { renderHtml } from '../report/html/report.ts';
import { serializeReport } from '../report/json.ts';
import { renderComment } from '../report/markdown/comment.ts';
import { renderTerminal, renderVerdict } from '../report/terminal/report.ts';
import type { VerdictOptions } from './options.ts';
import { EXIT, type Output } from './output.ts';

/** Print a report, with the verdict last, and set the exit code to match. */
export function printVerdict(report: Report, options: VerdictOptions, output: Output): void {
  const { json = false, quiet = false } = options;
  if (json) output.print(printableJson(serializeReport(report)));
  else output.print(quiet ? renderVerdict(report, output.terminal) : renderTerminal(report, output.terminal));
  output.exitCode = exitCodeOf(report, options);
}

export function exitCodeOf(
  { verdict }: Pick<Report, 'verdict'>,
  { allowInconclusive = false }: VerdictOptions,
): number {
  if (verdict === 'inconclusive') return allowInconclusive ? EXIT.pass : EXIT.inconclusive;
  return EXIT[verdict];
}

/** Write `report.json`, `report.html` and `comment.md`, and say so. */
export async function writeReport(
  report: Report,
  folder: string,
  { quiet = false }: VerdictOptions,
  output: Output,
): Promise<void> {
  await writeJson(join(folder, 'report.json'), serializeReport(report));
  await writeFileAtomic(join(folder, 'comment.md'), `${renderComment(report)}\n`);
  await writeFileAtomic(join(folder, 'report.html'), renderHtml(report));
  if (!quiet) output.tell(`wrote ${printable(join(folder, 'report.json'))}, report.html and comment.md`);
}

/** Write the report as a page, and say so. */
export async function writeHtml(
  report: Report,
  file: string,
  { quiet = false }: VerdictOptions,
  output: Output,
): Promise<void> {
  await writeFileAtomic(file, renderHtml(report));
  if (!quiet) output.tell(`wrote ${printable(file)}`);
}
