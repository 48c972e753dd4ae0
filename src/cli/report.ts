import { UserError } from '@shadow-gate/platform';
import { writeFileAtomic } from '@shadow-gate/platform/files';
import { readSchema } from '@shadow-gate/platform/json';
import { type Command, Option } from 'commander';
import { MEASUREMENT_SCHEMA, readMeasurementOrShard } from '../measure/schema/index.ts';
import { DEFAULT_POLICY } from '../policy/policy.ts';
import { printable } from '../report/escape.ts';
import { renderHtml } from '../report/html/report.ts';
import { readReport } from '../report/json.ts';
import { renderComment } from '../report/markdown/index.ts';
import { REPORT_EXAMPLES } from './help.ts';
import { expectModelCard, type ModelCardOptions, modelCardOptions, writeModelCard } from './model-card.ts';
import { type VerdictOptions, verdictOptions } from './options.ts';
import type { Output } from './output.ts';
import { printAnswers, printMeasurement } from './print-measurement.ts';
import { lastReportFile, printVerdict, verdictExitCode } from './verdict.ts';

interface ReportOptions extends VerdictOptions, ModelCardOptions {
  markdown?: boolean;
  html?: string;
  last?: boolean;
}

export function addReportCommand(program: Command, output: Output): void {
  const command = program
    .command('report')
    .description('print a saved report, or what a measurement can show as a baseline')
    .argument('[report.json|measurement.json]')
    .option('--last', 'the report of the last check on this machine, in place of a file')
    .addOption(new Option('--markdown', 'print the pull-request comment').conflicts(['json', 'quiet', 'verbose']))
    .option('--html <file>', 'also write the report as a page to explore');
  verdictOptions(modelCardOptions(command))
    .addHelpText('after', REPORT_EXAMPLES)
    .action((file: string | undefined, options: ReportOptions) => runReport(file, options, output));
}

async function runReport(given: string | undefined, options: ReportOptions, output: Output): Promise<void> {
  const { last = false } = options;
  if (last === (given !== undefined)) throw new UserError('report needs a file, or --last', 'give one of them');
  const file = given ?? lastReportFile();
  await expectModelCard(options);
  if (await isMeasurement(file)) return reportMeasurement(file, options, output);
  const report = await readReport(file);
  if (options.html !== undefined) {
    await writeFileAtomic(options.html, renderHtml(report));
    if (!options.quiet) output.tell(`wrote ${printable(options.html)}`);
  }
  const details = { kind: 'file', path: options.html ?? file } as const;
  if (options.markdown) {
    output.print(renderComment(report));
    output.exitCode = verdictExitCode(report.verdict, options);
  } else {
    printVerdict(report, { ...options, details }, output);
  }
  await writeModelCard(report, null, options, output);
}

async function isMeasurement(file: string): Promise<boolean> {
  return (await readSchema(file)) === MEASUREMENT_SCHEMA;
}

async function reportMeasurement(file: string, options: ReportOptions, output: Output): Promise<void> {
  const { markdown = false, html, modelCard } = options;
  if (markdown || html !== undefined || modelCard !== undefined) {
    const what = markdown ? 'comment' : html !== undefined ? 'page' : 'verdict for a model card';
    throw new UserError(`${file} is a measurement, which has no ${what}`, 'compare it with another one first');
  }
  const measurement = await readMeasurementOrShard(file);
  printMeasurement(measurement, file, output);
  if (measurement.shard === null) printAnswers(measurement, DEFAULT_POLICY, output);
}
