// The end of the step, which GitHub runs also after its process was canceled or killed.
import { finish } from './action/run.ts';

await finish(process.env, () => new Date());
// A service that hangs must not hold up the job.
process.exit();
