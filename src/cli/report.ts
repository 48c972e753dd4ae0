import type { Command } from 'commander';
import { readReport } from '../report/json.ts';
import { renderComment } from '../report/markdown/comment.ts';
import { REPORT_EXAMPLES } from './help.ts';
import { type VerdictOptions, verdictOptions } from './options.ts';
import type { Output } from './output.ts';
import { exitCodeOf, printVerdict } from './verdict.ts';

interface ReportOptions extends VerdictOptions {
  markdown?: boolean;
}

export function addReportCommand(program: Command, output: Output): void {
  const command = program
    .command('report')
    .description('print a saved report')
    .argument('<report.json>')
    .option('--markdown', 'print the pull-request comment');
  verdictOptions(command)
    .addHelpText('after', REPORT_EXAMPLES)
    .action((file: string, options: ReportOptions) => runReport(file, options, output));
}

async function runReport(file: string, options: ReportOptions, output: Output): Promise<void> {
  const report = await readReport(file);
  if (!options.markdown) return printVerdict(report, options, output);
  output.print(renderComment(report));
  output.exitCode = exitCodeOf(report, options);
}
