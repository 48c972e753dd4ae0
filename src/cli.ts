import process from 'node:process';

/** The exit code of an error: the same as in src/cli/output.ts, which the process that waits does not load. */
const COULD_NOT_JUDGE = 2;

/** The commands that map weights, or read files that may be larger than memory. */
const APART = [
  ...['init', 'doctor', 'check', 'measure', 'spectra', 'probes', 'score', 'generate'],
  ...['compare', 'report', 'verify', 'merge', 'calibrate'],
];

async function main(): Promise<void> {
  // A reader that stops early (`| head`) is no error; a full disk is one, and must not look like the verdict "fail".
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    throw Object.assign(error, { message: `cannot write to standard output: ${error.message}` });
  });
  const { stdin, stdout, stderr, env, argv } = process;
  const { runCommandLine: run } = await import('./cli/run.ts');
  process.exitCode = await run(process.argv.slice(2), { stdin, stdout, stderr, env, argv, now: () => new Date() });
}

// If nobody reads the error message, the exit code still reports the error.
process.stderr.on('error', () => {});

// Nothing is imported above: a release with a file missing must not look like the verdict "fail" either.
try {
  const { supervise } = await import('@shadow-gate/platform/process');
  const { reportError } = await import('./cli/report-error.ts');
  const debug = process.argv.includes('--debug');
  await supervise({
    work: main,
    isApart: process.argv.slice(2).some((argument) => APART.includes(argument)),
    report: (error) => reportError(error, process.stderr, { debug }),
    exitCode: COULD_NOT_JUDGE,
  });
} catch (error) {
  const [line] = String(error).split('\n');
  process.stderr.write(`shadow-gate: internal error: ${line}\n`);
  process.exit(COULD_NOT_JUDGE);
}
