import { describeError } from '@shadow-gate/platform';
import { workingDirectory } from '@shadow-gate/platform/files';
import { checkLogs } from '../gate/check-logs.ts';
import { asLogBaseline } from '../gate/read-baseline.ts';
import { whoLabeled } from '../github/approved/index.ts';
import { githubRunner } from '../github/client/index.ts';
import { eventLabel, eventPullRequest } from '../github/event/index.ts';
import { printable } from '../report/escape.ts';
import { describeSkipped } from '../report/markdown/index.ts';
import type { ActionRun, LogsRun } from './action-run.ts';
import { checkRunLeftOpen, failOwnCheckRun, finishOwnCheckRun, openOwnCheckRun } from './check-run.ts';
import { type ActionContext, openCaches, openContext, type StepEnvironment } from './context.ts';
import { expectOwnLibraries } from './expect-own-libraries.ts';
import { parseInputs } from './inputs.ts';
import { expectOutFolder } from './out-folder.ts';
import { PUT_BEFORE } from './override.ts';
import { addSummary, reportResults } from './report-results.ts';
import { resolveApproved } from './resolve-approved.ts';
import { runCalibrate } from './run-calibrate.ts';
import { runGate } from './run-gate.ts';
import { runPublish } from './run-publish.ts';
import { runMerge, runShard } from './run-shards.ts';

/** Run the action as a step of a job. Never throws. */
export async function start(environment: StepEnvironment, now: () => Date): Promise<void> {
  let context: ActionContext;
  try {
    context = openContext(environment, { folder: workingDirectory(), now });
  } catch (error) {
    reportError(error, { runner: githubRunner(environment) });
    return;
  }
  await runAction(context);
}

/** The end of the step, also after its process was canceled or killed. Never throws. */
export async function finish(environment: StepEnvironment, now: () => Date): Promise<void> {
  const id = checkRunLeftOpen(environment);
  if (id === null) return;
  try {
    const context = openContext(environment, { folder: workingDirectory(), now });
    await failOwnCheckRun({ ...context, checkRun: { id } }, 'the run was canceled or killed');
  } catch (error) {
    githubRunner(environment).info(
      printable(`Check run: left open, since ${describeError(error).message}`, MAX_MESSAGE),
    );
  }
}

/** One run of the action. Never throws: an error fails the step with one annotation. */
export async function runAction(start: ActionContext): Promise<void> {
  const context = { ...start, checkRun: await openOwnCheckRun(start) };
  try {
    const { runner, workspace, temporary, apiKey, secretSeed } = context;
    if (secretSeed !== undefined && secretSeed !== '') runner.mask(secretSeed);
    runner.expectOutputs();
    const parsed = parseInputs(runner.input, { folder: workspace.folder, temporary, apiKey, secretSeed });
    await expectOwnLibraries(parsed, workspace);
    const skip = await findSkip(parsed, context);
    if (skip !== null) return await reportSkip(skip, context);
    await carryOut(parsed, context);
  } catch (error) {
    await failOwnCheckRun(context, reportError(error, context));
  }
}

function carryOut(run: ActionRun, context: ActionContext): Promise<void> {
  switch (run.kind) {
    case 'gate':
      return runGate(run, context);
    case 'logs':
      return runLogs(run, context);
    case 'shard':
      return runShard(run, context);
    case 'merge':
      return runMerge(run, context);
    case 'calibrate':
      return runCalibrate(run, context);
    case 'publish':
      return runPublish(run, context);
  }
}

/** Compare logs of an evaluation with the baseline, and report the verdict. No model is run. */
async function runLogs(run: LogsRun, context: ActionContext): Promise<void> {
  await expectOutFolder(run.out, context.workspace);
  const caches = openCaches(run, context);
  const { logs } = run;
  const paths = { logs: logs.path };
  const resolved = await resolveApproved(run, context, { caches, paths, probes: false, spectra: false });
  const judging = { ...resolved, baseline: await asLogBaseline(resolved.baseline, logs.kind) };
  const result = await checkLogs(logs, { ...judging, today: context.now() });
  await reportResults({ run, context, caches, ...judging, ...result });
}

const MAX_MESSAGE = 2000;

/** Without a verdict, the step fails whatever `fail-on` says. @returns the message */
function reportError(error: unknown, { runner }: Pick<ActionContext, 'runner'>): string {
  const { kind, message, lines = [] } = describeError(error);
  const line = printable(message, MAX_MESSAGE);
  runner.failStep();
  if (kind === 'error') {
    runner.annotate({ level: 'error', message: line });
    // An annotation is one line: the code that the hint is about follows in the log.
    for (const code of lines) runner.info(`    ${printable(code)}`);
    return line;
  }
  runner.annotate({ level: 'error', message: `internal error: ${line} (enable debug logging for the stack)` });
  runner.debug(error instanceof Error ? (error.stack ?? '') : '');
  return line;
}

/**
 * A label counts for the commit that it saw: in the run that it started, and in that of the opening. Null for a run
 * that goes on; a warning says why a label does not count.
 */
async function findSkip(run: ActionRun, { event, octokit, runner }: ActionContext) {
  const label = 'skip' in run ? run.skip : undefined;
  const pullRequest = eventPullRequest(event);
  if (label === undefined || pullRequest === null) return null;
  const came = eventLabel(event, label);
  if (came === null) return null;
  const who = came === 'earlier' ? { refused: PUT_BEFORE } : await whoLabeled(octokit, pullRequest, label);
  if ('login' in who) return { label, login: who.login };
  runner.warning(printable(`the label ${label} does not skip this check: ${who.refused}`));
  return null;
}

/** Report that nothing was judged: neither a success nor a failure. */
async function reportSkip(skip: Parameters<typeof describeSkipped>[0], context: ActionContext): Promise<void> {
  const { runner } = context;
  const text = describeSkipped(skip);
  runner.setOutputs({ verdict: 'skipped' });
  runner.annotate({ level: 'notice', message: text.title });
  await addSummary(text.summary, context);
  await finishOwnCheckRun(context, text, 'neutral');
}
