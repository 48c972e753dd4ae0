import { existsSync } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { cacheFolder, expectWritable, writeFileAtomic, writeJson } from '@shadow-gate/platform/files';
import type { Report, Verdict } from '../compare/report.ts';
import { isFailure } from '../github/publish/index.ts';
import { printable, printableJson } from '../report/escape.ts';
import { renderHtml } from '../report/html/report.ts';
import { serializeReport } from '../report/json.ts';
import { renderJunit } from '../report/junit.ts';
import { renderComment } from '../report/markdown/index.ts';
import { type DetailsPlace, renderShort, renderTerminal, renderVerdict } from '../report/terminal/index.ts';
import type { VerdictOptions } from './options.ts';
import { EXIT, type Output } from './output.ts';

/** Print a report, with the verdict first and last, and set the exit code. */
export function printVerdict(
  report: Report,
  options: VerdictOptions & { details: DetailsPlace },
  output: Output,
): void {
  output.print(shownReport(report, options, output));
  output.exitCode = verdictExitCode(report.verdict, options);
}

interface Files {
  readonly out?: string;
  readonly junit?: string;
}

/**
 * Check before a long measurement that `--out` and `--junit` can be written. Remove earlier test results, so that
 * nobody takes them for those of this run if it ends without a verdict.
 */
export async function prepareFiles({ out, junit, ...verdict }: Files & VerdictOptions): Promise<void> {
  if (out !== undefined) await expectWritable(out, 'folder');
  if (junit === undefined) return;
  // Test results of a check that judged nothing would all be green.
  if (verdictExitCode('inconclusive', verdict) === EXIT.pass) {
    throw new UserError(
      `--junit cannot be used with --fail-on ${verdict.failOn}`,
      'leave one of them out, or read the verdict from report.json',
    );
  }
  await expectWritable(junit, 'file');
  const existing = await stat(junit).catch(() => null);
  if (existing?.isFile()) await rm(junit);
}

/**
 * Write a report to `--out` and `--junit`, and print it even if that fails: a full disk must not lose a run of hours.
 * @param write other files for the folder
 * @throws the error of writing, after the verdict
 */
export async function writeAndPrint(
  report: Report,
  options: VerdictOptions & Files,
  output: Output,
  write: (folder: string) => Promise<void> = async () => {},
): Promise<void> {
  const { out } = options;
  const isKept = await keepLastReport(report);
  const failure = await writeFiles(report, options, output, write).then(
    () => null,
    (error: unknown) => ({ error }),
  );
  printVerdict(
    report,
    { ...options, details: detailsIn(failure ? undefined : out, { isKept, program: output.program }) },
    output,
  );
  if (failure) throw failure.error;
}

/** Test results come last: without the other files, the command ends with an error. */
async function writeFiles(
  report: Report,
  options: VerdictOptions & Files,
  output: Output,
  write: (folder: string) => Promise<void>,
): Promise<void> {
  const { out, junit } = options;
  if (out !== undefined) {
    await write(out);
    await writeReport(report, out, options, output);
  }
  if (junit === undefined) return;
  const fails = (verdict: Verdict) => verdictExitCode(verdict, options) !== EXIT.pass;
  await writeFileAtomic(junit, renderJunit(report, { isFailure: fails }));
  if (!options.quiet) output.tell(`wrote ${printable(junit)}`);
}

function shownReport(
  report: Report,
  { json = false, quiet = false, verbose = false, details }: VerdictOptions & { details: DetailsPlace },
  { terminal }: Output,
): string {
  if (json) return printableJson(serializeReport(report));
  if (quiet) return renderVerdict(report, terminal);
  return verbose ? renderTerminal(report, terminal) : renderShort(report, details, terminal);
}

function detailsIn(
  folder: string | undefined,
  { isKept, program }: { readonly isKept: boolean; readonly program: string },
): DetailsPlace {
  if (folder !== undefined) return { kind: 'file', path: join(folder, 'report.html') };
  return { kind: 'option', option: isKept ? `${program} report --last --html FILE` : '--out DIR' };
}

export function verdictExitCode(
  verdict: Verdict,
  { allowInconclusive = false, failOn = 'inconclusive' }: VerdictOptions,
): number {
  if (!isFailure(verdict, allowInconclusive ? 'fail' : failOn)) return EXIT.pass;
  return verdict === 'inconclusive' ? EXIT.inconclusive : EXIT.fail;
}

/** Files of `check --out`. */
export const REPORT_FILES = ['measurement.json', 'report.json', 'report.html', 'comment.md'] as const;

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

/** The user's last report, so that its details need no second run. */
const LAST_REPORT = 'last-report.json';

/** False if there is no cache folder or it cannot be written: nothing depends on it. */
async function keepLastReport(report: Report): Promise<boolean> {
  const folder = cacheFolder();
  if (folder === null) return false;
  return writeJson(join(folder, LAST_REPORT), serializeReport(report)).then(
    () => true,
    () => false,
  );
}

/** @throws UserError if no check left one */
export function lastReportFile(): string {
  const folder = cacheFolder();
  if (folder === null) throw new UserError('SHADOW_GATE_CACHE is off, so that no report is kept', 'give a file');
  const file = join(folder, LAST_REPORT);
  if (!existsSync(file)) throw new UserError(`there is no report of an earlier check in ${folder}`, 'give a file');
  return file;
}
