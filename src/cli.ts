import process from 'node:process';
import { EXIT } from './cli/output.ts';
import { run } from './cli/run.ts';

// A reader that stops early (`| head`) is no error; a full disk is one, and must not look like the verdict "fail".
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return;
  process.stderr.write(`shadow-gate: error: cannot write to standard output: ${error.message}\n`);
  process.exit(EXIT.couldNotJudge);
});

// If nobody reads the error message, the exit code still reports the error.
process.stderr.on('error', () => {});

process.exitCode = await run(process.argv.slice(2), process);
