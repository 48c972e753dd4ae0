import process from 'node:process';
import { supervise } from './platform/supervise.ts';

/** The exit code of an error: the same as in src/cli/output.ts, which the process that waits does not load. */
const COULD_NOT_JUDGE = 2;

/** The commands that map weights. */
const MAPPING = ['init', 'doctor', 'check', 'measure', 'spectra', 'probes', 'score', 'generate'];

async function main(): Promise<void> {
  // A reader that stops early (`| head`) is no error; a full disk is one, and must not look like the verdict "fail".
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    process.stderr.write(`shadow-gate: error: cannot write to standard output: ${error.message}\n`);
    process.exit(COULD_NOT_JUDGE);
  });
  const { run } = await import('./cli/run.ts');
  process.exitCode = await run(process.argv.slice(2), process);
}

// If nobody reads the error message, the exit code still reports the error.
process.stderr.on('error', () => {});

if (process.argv.slice(2).some((argument) => MAPPING.includes(argument))) {
  await supervise({
    work: main,
    onDeath: (message) => process.stderr.write(`shadow-gate: error: ${message}\n`),
    exitCode: COULD_NOT_JUDGE,
  });
} else await main();
