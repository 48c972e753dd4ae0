import { configureCuda } from '@shadow-gate/checkpoints/onnx';
import type { OnProgress } from '@shadow-gate/platform/progress';
import { SecretSeed } from '@shadow-gate/probes/random';
import type { Report } from '../compare/report.ts';
import { type CheckOptions, type CheckResult, check, type JudgedBy } from '../gate/check.ts';
import { afterConfirmation, whyNotAgain } from '../gate/confirm.ts';
import { withoutCommands } from '../github/client/index.ts';
import { isAboutChange } from '../github/event/index.ts';
import { isFailure } from '../github/publish/index.ts';
import type { SeedChoice } from '../measure/options.ts';
import { logLine, printable } from '../report/escape.ts';
import { ProgressLines } from '../report/terminal/progress.ts';
import type { GateRun, MeasuringRun } from './action-run.ts';
import { type ActionContext, openCaches } from './context.ts';
import { expectOutFolder } from './out-folder.ts';
import { reportResults } from './report-results.ts';
import { type Approved, type ResolveOptions, resolveApproved } from './resolve-approved.ts';

export async function runGate(run: GateRun, context: ActionContext): Promise<void> {
  await expectOutFolder(run.out, context.workspace);
  const caches = openCaches(run, context);
  const resolved = await resolveApproved(run, context, { caches, ...runDependencies(run) });
  const { model, judge, weights, probes } = actionGateSettings(run, context, resolved);
  // A measurement with a new seed cannot be in the cache.
  const store = probes.seed === 'rotate' ? undefined : caches?.measurements;
  const all = run.all || !isAboutChange(context.event);
  const started = context.now();
  const options: CheckOptions = {
    model,
    judge,
    passesInconclusive: !isFailure('inconclusive', run.failOn),
    weights: { ...weights, spectrumStore: caches?.spectra, all },
    // Each attempt would draw its own order, and measurements of a pull request are not kept.
    probes: { ...probes, all: all || context.workflowRun.attempt !== 1 },
    store,
  };
  const result = await inMeasuringGroup(run, context, (onProgress) => check({ ...options, onProgress }));
  const { time } = result.measurement.run;
  if (new Date(time) < started) context.runner.info(`From the cache: measured at ${printable(time)}.`);
  const confirmed = await confirm(run, context, options, result);
  await reportResults({ run, context, caches, ...resolved, ...confirmed });
}

/** Repeat a check that failed only by losses with new questions, if wanted and possible. */
async function confirm(
  run: GateRun,
  context: ActionContext,
  options: CheckOptions,
  first: CheckResult,
): Promise<CheckResult & { readonly beside?: Report }> {
  const { event, runner } = context;
  if (!(run.confirm || event.name === 'schedule') || first.report.verdict !== 'fail') return first;
  const ofRun = isMeasuredNow(options.judge) ? null : 'the baseline is a measurement, of one seed';
  const why = whyNotAgain(first.report) ?? (run.seed === undefined ? ofRun : seedWords(run.seed));
  if (why !== null) {
    runner.info(`The check is not made again with new questions: ${why}.`);
    return first;
  }
  runner.info('The check failed: it is made again with new questions.');
  const again = { ...options, probes: { ...options.probes, seed: 'rotate' as const }, store: undefined };
  const second = await inMeasuringGroup(run, context, (onProgress) => check({ ...again, onProgress }));
  const result = afterConfirmation(first, second);
  return { ...result, beside: (result.measurement === first.measurement ? second : first).report };
}

const seedWords = (seed: SeedChoice) => (seed instanceof SecretSeed ? 'a secret draws them' : 'the input seed is set');

/** Inputs that a measurement depends on, besides policy and baseline. */
export const runDependencies = (run: MeasuringRun): Omit<ResolveOptions, 'caches'> => ({
  paths: { reference: run.reference, tokenizer: run.endpoint?.tokenizer },
  probes: run.only !== 'spectra',
  spectra: run.only !== 'probes' && run.checkpoint !== undefined,
  isBaselineServed: run.baselineEndpoint !== undefined,
});

/** Answers to new questions need both models. */
const isMeasuredNow = ({ baseline, baselineEndpoint }: JudgedBy): boolean =>
  baselineEndpoint !== undefined || (typeof baseline === 'object' && baseline.kind === 'checkpoint');

const TICK_MILLISECONDS = 1000;

type MeasuredAs = Pick<MeasuringRun, 'device' | 'cudaLibraries'> &
  Partial<Pick<MeasuringRun, 'checkpoint' | 'endpoint'>>;

/** Group the log of a measurement. Names from the checkpoint must not become workflow commands. */
export async function inMeasuringGroup<T>(
  { checkpoint, endpoint, device, cudaLibraries }: MeasuredAs,
  { runner, now }: ActionContext,
  work: (onProgress: OnProgress) => Promise<T>,
): Promise<T> {
  const warnings: string[] = [];
  configureCuda({
    libraries: cudaLibraries,
    onStep: (step, outcome) => {
      // With `auto`, most runners have no GPU, and one line at the end is enough.
      if (device === 'cuda') runner.info(logLine(`CUDA: ${step}: ${outcome}`));
    },
    onNote: (line) => runner.info(logLine(line)),
    onUnusable: (line) => void warnings.push(line),
    onDetail: runner.debug,
  });
  const lines = new ProgressLines({ print: runner.info, now: () => now().getTime() });
  const timer = setInterval(() => lines.tick(), TICK_MILLISECONDS);
  try {
    const model = printable(checkpoint ?? endpoint?.model ?? '');
    return await runner.group(`Measuring ${model}`, () =>
      withoutCommands(runner.info, () => work((progress) => lines.report(progress))),
    );
  } finally {
    clearInterval(timer);
    // A warning is a command, and the group allows none.
    for (const warning of warnings) runner.warning(warning);
  }
}

/** Settings of `check` and `measureShard`. A scheduled check draws a new seed if it can run both models. */
export function actionGateSettings(run: MeasuringRun, context: ActionContext, resolved: Approved) {
  const { checkpoint, revision, reference, adapter, device, method, only, budgetSeconds, endpoint } = run;
  const { baselineEndpoint } = run;
  const judge = { ...resolved, baselineEndpoint, only, today: context.now() };
  const rotates = run.seed === undefined && context.event.name === 'schedule' && isMeasuredNow(judge);
  const seed = rotates ? ('rotate' as const) : run.seed;
  return {
    model: { checkpoint, endpoint, revision, reference, adapter },
    judge,
    weights: { device, method },
    probes: { seed, budgetSeconds },
  };
}
