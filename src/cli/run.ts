import { type CudaSettings, configureCuda } from '@shadow-gate/checkpoints/onnx';
import { VERSION } from '@shadow-gate/platform';
import { workingDirectory } from '@shadow-gate/platform/files';
import { Command, CommanderError } from 'commander';
import { printable } from '../report/escape.ts';
import { addGenerateCommand, addScoreCommand } from './answer-requests.ts';
import { addCalibrateCommand } from './calibrate.ts';
import { addCheckCommand } from './check.ts';
import { addCompareCommand } from './compare.ts';
import { addCompletionCommand } from './completion.ts';
import { addDoctorCommand } from './doctor/run-doctor.ts';
import { EXIT_HELP } from './help.ts';
import { GROUPED_HELP, groupOptions } from './help-groups.ts';
import { addInitCommand } from './init/run-init.ts';
import { addMeasureCommand } from './measure.ts';
import { addMergeCommand } from './merge.ts';
import type { DeviceOptions } from './options.ts';
import { EXIT, type Io, Output } from './output.ts';
import { addProbesCommand } from './probes.ts';
import { addReportCommand } from './report.ts';
import { MAX_MESSAGE, reportError } from './report-error.ts';
import { addSpectraCommand } from './spectra.ts';
import { addSweepCommand } from './sweep.ts';
import { addVerifyCommand } from './verify.ts';
import { WRAPPED_HELP, wrapHelpText } from './wrap-help.ts';

const COMMANDS = [
  addInitCommand,
  addDoctorCommand,
  addCheckCommand,
  addSweepCommand,
  addMeasureCommand,
  addCalibrateCommand,
  addMergeCommand,
  addCompareCommand,
  addReportCommand,
  addVerifyCommand,
  addSpectraCommand,
  addProbesCommand,
  addScoreCommand,
  addGenerateCommand,
  addCompletionCommand,
];

/** Columns of a help page without a terminal. */
const HELP_WIDTH = 80;
const MIN_HELP_WIDTH = 40;

/**
 * Run one command line, and print errors.
 * @param argv the arguments, without the interpreter and the script
 * @returns the exit code
 */
export async function runCommandLine(argv: readonly string[], io: Io): Promise<number> {
  const output = new Output(io);
  try {
    await createProgram(io, output).parseAsync(argv, { from: 'user' });
    return output.exitCode;
  } catch (error) {
    // Commander has printed its own message; help and version are not errors.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.pass : EXIT.couldNotJudge;
    reportError(error, io.stderr, { debug: argv.includes('--debug') });
    return EXIT.couldNotJudge;
  }
}

function helpWidth({ columns }: { readonly columns?: number }): number {
  return Math.max(MIN_HELP_WIDTH, columns || HELP_WIDTH);
}

function createProgram({ stdout, stderr }: Io, output: Output): Command {
  const program = new Command('shadow-gate')
    .description('Decide whether a new language-model checkpoint may be merged.')
    .version(VERSION, '-v, --version', 'print the version')
    .option(
      '--debug',
      'print how weights are in memory, each step of the set-up of CUDA, and the stack trace of an error',
    )
    .addHelpText('after', EXIT_HELP)
    .option('--color', 'use colors even if the output is not a terminal (also FORCE_COLOR)')
    .option('--no-color', 'use none (also NO_COLOR)')
    .configureHelp({ ...WRAPPED_HELP, ...GROUPED_HELP, subcommandTerm: (command) => command.name() })
    .exitOverride()
    .showSuggestionAfterError(true)
    .configureOutput({
      writeOut: (text) => stdout.write(wrapHelpText(text, helpWidth(stdout))),
      writeErr: (text) => stderr.write(wrapHelpText(text, helpWidth(stderr))),
      getOutHelpWidth: () => helpWidth(stdout),
      getErrHelpWidth: () => helpWidth(stderr),
      // An error is one line, however long.
      outputError: (text) =>
        stderr.write(`shadow-gate: ${printable(text.trim().replace('\n', ' '), MAX_MESSAGE)} (see --help)\n`),
    });
  program.hook('preAction', (_, command) => {
    workingDirectory();
    output.wantsColor = command.optsWithGlobals().color;
    configureCuda(cudaSettingsFromOptions(command.optsWithGlobals(), output));
  });
  for (const addCommand of COMMANDS) addCommand(program, output);
  for (const command of program.commands) groupOptions(command);
  return program;
}

function cudaSettingsFromOptions(
  { cudaLibraries, debug }: Partial<DeviceOptions> & { readonly debug?: boolean },
  output: Output,
): CudaSettings {
  return {
    libraries: cudaLibraries ?? { kind: 'auto' },
    onStep: (step, outcome) => {
      if (debug) output.note(`cuda: ${step}: ${outcome}`);
    },
    onNote: (line) => output.note(line),
    onUnusable: (line) => output.warn(line),
    onDetail: (line) => {
      if (debug) output.note(line);
    },
  };
}
