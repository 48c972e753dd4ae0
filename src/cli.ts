import process from 'node:process';
import { Command, CommanderError } from 'commander';
import { addAnswerCommands } from './cli/answer-requests.ts';
import { addGateCommands } from './cli/check.ts';
import { EXIT_HELP } from './cli/help.ts';
import { addMergeCommand } from './cli/merge.ts';
import { EXIT } from './cli/output.ts';
import { addProbesCommand } from './cli/probes.ts';
import { addSpectraCommand } from './cli/spectra.ts';
import { describeError } from './platform/user-error.ts';
import { VERSION } from './platform/version.ts';
import { printable } from './report/escape.ts';

function program(): Command {
  const shadowGate = new Command('shadow-gate')
    .description('Decide whether a new language-model checkpoint may be merged.')
    .version(VERSION)
    .option('--debug', 'show the stack of an error')
    .addHelpText('after', EXIT_HELP)
    .exitOverride()
    .showSuggestionAfterError(false)
    .configureOutput({ outputError: (text, write) => write(`shadow-gate: ${text.trim()} (see --help)\n`) });
  addGateCommands(shadowGate);
  addMergeCommand(shadowGate);
  addSpectraCommand(shadowGate);
  addProbesCommand(shadowGate);
  addAnswerCommands(shadowGate);
  return shadowGate;
}

/** Errors are one line; a stack only with --debug. */
function reportError(error: unknown, debug: boolean): void {
  if (error instanceof CommanderError) {
    // Commander has printed its own message; help and version are no errors.
    process.exitCode = error.exitCode === 0 ? EXIT.pass : EXIT.couldNotJudge;
    return;
  }
  process.exitCode = EXIT.couldNotJudge;
  const { message, kind } = describeError(error);
  process.stderr.write(`shadow-gate: ${kind}: ${printable(message, 2000)}\n`);
  if (debug && error instanceof Error) process.stderr.write(`${error.stack}\n`);
}

// A reader that has seen enough (`| head`) is no error; a full disk is one, and must not look like the verdict "fail".
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return;
  process.stderr.write(`shadow-gate: error: cannot write to standard output: ${error.message}\n`);
  process.exit(EXIT.couldNotJudge);
});

// Nobody listens to the error: the exit code still says it.
process.stderr.on('error', () => {});

try {
  await program().parseAsync();
} catch (error) {
  reportError(error, process.argv.includes('--debug'));
}
