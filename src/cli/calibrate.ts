import { existsSync } from 'node:fs';
import { UserError } from '@shadow-gate/platform';
import { expectWritable } from '@shadow-gate/platform/files';
import { type Command, Option } from 'commander';
import {
  CALIBRATION_FILE,
  type Calibration,
  type CalibrationKind,
  LEAST_RUNS,
  readCalibration,
  writeCalibration,
} from '../compare/calibration/index.ts';
import { calibrate } from '../gate/calibrate.ts';
import { type Control, control } from '../gate/control.ts';
import { findPolicy } from '../policy/load.ts';
import { printable, printableJson } from '../report/escape.ts';
import { renderCalibration } from '../report/terminal/index.ts';
import { controlSentence } from '../report/text/index.ts';
import { CALIBRATE_EXAMPLES } from './help.ts';
import { controlOption, policyOption, type SpectraOptions, spectraOptions } from './options.ts';
import { EXIT, type Output } from './output.ts';
import { openSpectrumStore } from './settings.ts';

interface CalibrateOptions extends SpectraOptions {
  checkpoints: string[];
  out: string;
  series?: boolean;
  add?: boolean;
  probes?: number;
  json?: boolean;
  policy?: string;
}

export function addCalibrateCommand(program: Command, output: Output): void {
  const command = program
    .command('calibrate')
    .description('measure known-good checkpoints; the file sets limits for how an update may look')
    .requiredOption(
      '--checkpoints <path...>',
      `${LEAST_RUNS.runs} or more known-good checkpoints, or measurements of them (*.json)`,
    );
  policyOption(spectraOptions(command))
    .option('--series', 'they are checkpoints of one run, in order; otherwise re-seeded runs or accepted releases')
    .option('--add', 'keep the checkpoints that the file already has')
    .option('--out <file>', 'calibration file to write', CALIBRATION_FILE)
    .addOption(controlOption('--probes [checks]'))
    .addOption(new Option('--json', 'print the calibration as JSON'))
    .addHelpText('after', CALIBRATE_EXAMPLES)
    .action((options: CalibrateOptions) => runCalibrate(options, output));
}

async function runCalibrate(options: CalibrateOptions, output: Output): Promise<void> {
  if (options.probes !== undefined) return runControls(options, options.probes, output);
  const { checkpoints, reference, out, device, method, maxMemory: memoryLimit } = options;
  await expectWritable(out, 'file');
  const extend = options.add && existsSync(out) ? await readCalibration(out) : undefined;
  if (options.add && extend === undefined) output.note(`${out} does not exist yet: it begins with these`);
  const { policy } = await findPolicy(options.policy);
  const calibration = await output.withProgress((onProgress) =>
    calibrate({
      ...{ checkpoints, reference, device, method, memoryLimit },
      kind: kindOf(options, extend),
      extend,
      spectrumStore: openSpectrumStore(options, output),
      onProgress,
    }),
  );
  await writeCalibration(out, calibration);
  const { alpha } = policy.calibration;
  if (options.json) output.print(JSON.stringify(calibration, null, 2));
  else output.print(renderCalibration(calibration, { path: out, alpha, ...output.terminal }));
}

/** How often this gate would be red on nothing: each checkpoint against itself, without a calibration file. */
async function runControls(options: CalibrateOptions, checks: number, output: Output): Promise<void> {
  const { checkpoints, reference, device, maxMemory: memoryLimit, policy } = options;
  const found: { readonly checkpoint: string; readonly control: Control }[] = [];
  for (const checkpoint of checkpoints) {
    const weights = { device, memoryLimit };
    const measured = await output.withProgress((onProgress) =>
      control({ model: { checkpoint, reference }, policy, weights, checks, today: output.now, onProgress }),
    );
    found.push({ checkpoint, control: measured });
    if (!options.json) output.print(`${printable(checkpoint)}: ${controlSentence(measured)}`);
  }
  if (options.json) output.print(printableJson(found));
  if (found.some(({ control: { red } }) => red > 0)) output.exitCode = EXIT.fail;
}

/** @throws UserError for a series that is to be added to runs */
function kindOf({ series = false, out }: CalibrateOptions, extend: Calibration | undefined): CalibrationKind {
  if (extend === undefined) return series ? 'series' : 'runs';
  if (series && extend.kind === 'runs') {
    throw new UserError(`${out} has runs, and no series`, 'leave out --series, or write another file');
  }
  return extend.kind;
}
