import { join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { type Command, Option } from 'commander';
import { type CheckResult, check } from '../gate/check.ts';
import { checkLogs } from '../gate/check-logs.ts';
import { writeMeasurement } from '../measure/schema/index.ts';
import { CHECK_EXAMPLES } from './help.ts';
import { expectModelCard, type ModelCardOptions, modelCardOptions, writeModelCard } from './model-card.ts';
import {
  type CalibrationOptions,
  type CandidateOptions,
  calibrationOptions,
  candidateOptions,
  type ExpectOptions,
  expectOption,
  type JunitFileOptions,
  junitOption,
  type LogOptions,
  logOptions,
  logsFromOptions,
  type VerdictOptions,
  verdictOptions,
} from './options.ts';
import { EXIT, type Output } from './output.ts';
import {
  type BaselineEndpointOptions,
  baselineEndpointFromOptions,
  commandSettings,
  openMeasurementStore,
} from './settings.ts';
import { prepareFiles, verdictExitCode, writeAndPrint } from './verdict.ts';

interface CheckOptions
  extends CandidateOptions,
    BaselineEndpointOptions,
    LogOptions,
    CalibrationOptions,
    ModelCardOptions,
    JunitFileOptions,
    ExpectOptions,
    VerdictOptions {
  baseline?: string;
  out?: string;
  all?: boolean;
  shard?: string;
}

export function addCheckCommand(program: Command, output: Output): void {
  const command = program
    .command('check')
    .description('measure a checkpoint, compare it with a baseline and report a verdict');
  candidateOptions(command)
    .option('--baseline-endpoint <url>', 'server that has the baseline (default: --endpoint)')
    .option('--baseline-model <name>', 'name of the baseline on its server (default: --model)');
  logOptions(command, ['baselineEndpoint', 'baselineModel', 'shard'])
    .option(
      '--baseline <file|path>',
      'approved measurement, a checkpoint to measure in the same way, or, with logs, a folder of logs',
    )
    .addOption(expectOption())
    .option(
      '--all',
      'ask every probe and compute all spectra in full, for a measurement that will be a baseline (default: what the verdict needs)',
    )
    .option('--out <dir>', 'folder to write measurement.json, report.json, report.html and comment.md to');
  verdictOptions(junitOption(calibrationOptions(modelCardOptions(command))))
    // Accepted only to explain what to do instead.
    .addOption(new Option('--shard <i/n>').hideHelp())
    .addHelpText('after', CHECK_EXAMPLES)
    .action((options: CheckOptions) => runCheck(options, output));
}

async function runCheck(options: CheckOptions, output: Output): Promise<void> {
  const { baseline, policy, shard } = options;
  const logs = logsFromOptions(options);
  if (shard !== undefined) {
    throw new UserError(
      'check needs a whole measurement, and a shard is only a part of one',
      "measure the shards with 'shadow-gate measure --shard', 'merge' them, then 'compare'",
    );
  }
  await expectModelCard(options);
  await prepareFiles(options);
  const { measurement, report } = await (logs === null
    ? checkModel(options, output)
    : checkLogs(logs, { baseline, policy, today: output.now }));
  await writeAndPrint(report, options, output, (folder) =>
    writeMeasurement(join(folder, 'measurement.json'), measurement),
  );
  await writeModelCard(report, measurement, options, output);
}

function checkModel(options: CheckOptions, output: Output): Promise<CheckResult> {
  const { baseline, policy, calibration, only, all, expect } = options;
  const { model, weights, probes } = commandSettings(options, output);
  const store = openMeasurementStore(options, output);
  const baselineEndpoint = baselineEndpointFromOptions(options, output);
  const judge = { baseline, baselineEndpoint, policy, calibration, only, expect, today: output.now };
  return output.withProgress(
    (onProgress) => {
      const measured = { weights: { ...weights, all }, probes: { ...probes, all } };
      const passesInconclusive = verdictExitCode('inconclusive', options) === EXIT.pass;
      return check({ model, judge, passesInconclusive, ...measured, store, keepsStopped: true, onProgress });
    },
    { isQuiet: options.quiet },
  );
}
