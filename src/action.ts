import { supervise } from './platform/supervise.ts';

await supervise({
  work: async () => {
    const { start } = await import('./action/run.ts');
    const { hasAbandonedWork } = await import('./github/client/with-timeout.ts');
    await start(process.env, () => new Date());
    // A service that hangs must not hold up the job when everything is done.
    if (hasAbandonedWork()) process.exit();
  },
  onDeath: (message) => process.stdout.write(`::error::${message}\n`),
  exitCode: 1,
});
