import { checkLogs } from '../gate/check-logs.ts';
import { asLogBaseline } from '../gate/read-baseline.ts';
import type { LogsRun } from './action-run.ts';
import { type ActionContext, openCaches } from './context.ts';
import { expectOutFolder } from './out-folder.ts';
import { reportResults } from './report-results.ts';
import { resolveApproved } from './resolve-approved.ts';

/** Compare logs of an evaluation with the baseline, and report the verdict. No model is run. */
export async function runLogs(run: LogsRun, context: ActionContext): Promise<void> {
  await expectOutFolder(run.out, context.workspace);
  const caches = openCaches(run, context);
  const { logs } = run;
  const paths = { logs: logs.path };
  const resolved = await resolveApproved(run, context, { caches, paths, probes: false, spectra: false });
  const judging = { ...resolved, baseline: await asLogBaseline(resolved.baseline, logs.kind) };
  const result = await checkLogs(logs, { ...judging, today: context.now() });
  await reportResults({ run, context, caches, ...judging, ...result });
}
