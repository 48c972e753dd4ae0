import { start } from './action/run.ts';
import { hasAbandonedWork } from './github/client/with-timeout.ts';

await start(process.env, () => new Date());
// A service that hangs must not hold up the job when everything is done.
if (hasAbandonedWork()) process.exit();
