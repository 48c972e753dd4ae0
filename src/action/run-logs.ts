import { checkLogs } from '../gate/check-logs.ts';
import { type ActionContext, openCaches } from './context.ts';
import type { LogsRun } from './inputs.ts';
import { expectOutFolder } from './out-folder.ts';
import { reportResults } from './report-results.ts';
import { resolveBaseline } from './resolve-baseline.ts';

/** Compare logs of an evaluation with the baseline, and report the verdict. No model is run. */
export async function runLogs(run: LogsRun, context: ActionContext): Promise<void> {
  await expectOutFolder(run.out, context.workspace);
  const caches = openCaches(run, context);
  const resolved = await resolveBaseline(run, context, { caches, paths: { logs: run.logs }, probes: false });
  const result = await checkLogs(run.logs, resolved);
  await reportResults({ run, context, caches, ...resolved, ...result });
}
