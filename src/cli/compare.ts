import type { Command } from 'commander';
import { compare } from '../compare/compare.ts';
import { findCalibration } from '../gate/find-calibration.ts';
import { expectFullSpectra } from '../measure/full-spectra.ts';
import { readMeasurement } from '../measure/schema/index.ts';
import { expecting, findPolicy } from '../policy/load.ts';
import { COMPARE_EXAMPLES } from './help.ts';
import { expectModelCard, type ModelCardOptions, modelCardOptions, writeModelCard } from './model-card.ts';
import {
  type CalibrationOptions,
  calibrationOptions,
  type ExpectOptions,
  expectOption,
  type JunitFileOptions,
  junitOption,
  policyOption,
  type VerdictOptions,
  verdictOptions,
} from './options.ts';
import type { Output } from './output.ts';
import { prepareFiles, writeAndPrint } from './verdict.ts';

interface CompareOptions extends VerdictOptions, JunitFileOptions, CalibrationOptions, ModelCardOptions, ExpectOptions {
  policy?: string;
  out?: string;
}

export function addCompareCommand(program: Command, output: Output): void {
  const command = program
    .command('compare')
    .description('compare two measurements and report a verdict')
    .argument('<candidate.json>')
    .argument('<baseline.json>');
  calibrationOptions(policyOption(command)).option(
    '--out <dir>',
    'folder to write report.json, report.html and comment.md to',
  );
  verdictOptions(junitOption(modelCardOptions(command.addOption(expectOption()))))
    .addHelpText('after', COMPARE_EXAMPLES)
    .action((candidate: string, baseline: string, options: CompareOptions) =>
      runCompare(candidate, baseline, options, output),
    );
}

async function runCompare(
  candidateFile: string,
  baselineFile: string,
  options: CompareOptions,
  output: Output,
): Promise<void> {
  await expectModelCard(options);
  await prepareFiles(options);
  const resolved = expecting(await findPolicy(options.policy), options.expect);
  const candidate = await readMeasurement(candidateFile);
  const baseline = await readMeasurement(baselineFile);
  expectFullSpectra(baseline, `the baseline ${baselineFile}`);
  const calibration = await findCalibration(options.calibration, resolved.policy);
  const { now: today } = output;
  const report = compare({ candidate, baseline, baselinePath: baselineFile, calibration, today, ...resolved });
  await writeAndPrint(report, options, output);
  await writeModelCard(report, candidate, options, output);
}
