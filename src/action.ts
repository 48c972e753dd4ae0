let hasAbandonedWork = () => false;

// Nothing is imported above: a release with a file missing is an error in one line as well.
try {
  const { supervise } = await import('@shadow-gate/platform/process');
  const { describeError } = await import('@shadow-gate/platform');
  const { logLine } = await import('./report/escape.ts');
  await supervise({
    work: async () => {
      const { start } = await import('./action/run.ts');
      ({ hasAbandonedWork } = await import('./github/client/with-timeout.ts'));
      await start(process.env, () => new Date());
    },
    isApart: true,
    report(error) {
      const { kind, message } = describeError(error);
      process.stdout.write(`::error::${kind === 'error' ? '' : `${kind}: `}${logLine(message)}\n`);
    },
    exitCode: 1,
  });
} catch (error) {
  const [line] = String(error).split('\n');
  process.stdout.write(`::error::${line}\n`);
  process.exit(1);
}
// A service that hangs must not hold up the job when everything is done.
if (hasAbandonedWork()) process.exit();
