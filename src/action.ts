import * as core from '@actions/core';
import { parseInputs } from './action/inputs.ts';
import { gate } from './action/run-gate.ts';
import { publish } from './action/run-publish.ts';
import { merge, shard } from './action/run-shards.ts';
import { hasAbandonedWork } from './github/client/with-timeout.ts';
import { describeError } from './platform/user-error.ts';
import { printable } from './report/escape.ts';

try {
  await run();
} catch (error) {
  fail(error);
}
// A service that hangs must not hold the job when all is said.
if (hasAbandonedWork()) process.exit();

/** One run of the action. */
async function run(): Promise<void> {
  const options = parseInputs(core.getInput, process.env.RUNNER_TEMP ?? '.', process.env.OPENAI_API_KEY);
  if (options.report !== undefined) await publish(options, options.report);
  else if (options.mode === 'merge') await merge(options);
  else if (options.shard !== undefined) await shard(options, options.shard);
  else await gate(options);
}

/** Nothing was judged, so there is no verdict to set: the step fails whatever `fail-on` says. */
function fail(error: unknown): void {
  const { kind, message } = describeError(error);
  if (kind === 'error') {
    core.setFailed(printable(message, 2000));
    return;
  }
  core.setFailed(`internal error: ${printable(message, 2000)} (enable debug logging for the stack)`);
  core.debug(error instanceof Error ? (error.stack ?? '') : '');
}
