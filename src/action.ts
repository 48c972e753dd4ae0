import { openContext } from './action/context.ts';
import { run } from './action/run.ts';
import { hasAbandonedWork } from './github/client/with-timeout.ts';

await run(openContext(process.env, { folder: process.cwd(), now: () => new Date() }));
// A service that hangs must not hold up the job when everything is done.
if (hasAbandonedWork()) process.exit();
