import type { Model } from '@shadow-gate/language-model';
import type { PassCost } from '@shadow-gate/language-model/execution';
import { UserError } from '@shadow-gate/platform';
import type { OnProgress } from '@shadow-gate/platform/progress';
import {
  chooseLevels,
  estimatePasses,
  estimateRun,
  type PassesEstimate,
  pilotSeconds,
  pilotSize,
  prepareModel,
  type RunEstimate,
  type RunProbesOptions,
  selectFitting,
  splitIntoChunks,
  type Trial,
} from '@shadow-gate/probes';
import { type AskedLevels, areLevelsChosen, atLevels, type FamilyLevels, type Suite } from '@shadow-gate/probes/suite';
import type { ProbeRunOptions } from './options.ts';

/** @param chatTemplate of suites that do not say it themselves */
export function optionsFor(suite: Suite, chatTemplate: boolean): RunProbesOptions {
  const { maxNewTokens, sampling } = suite;
  return { chatTemplate: suite.chatTemplate ?? chatTemplate, maxNewTokens, ...(sampling && { sampling }) };
}

/** A suite at the levels that suit the model, and the items that a budget leaves time for. */
type SuiteEstimate = RunEstimate & { readonly suite: Suite };

/**
 * The suites share what the pilots leave of the budget by their numbers of items.
 * @param leavesLevels only estimate the search for the levels of a model that runs layer by layer, which takes long
 */
export async function estimateSuites(
  model: Model,
  { suites, order: { seed }, chatTemplate, budgetSeconds, isChosen = false }: ProbeRunOptions,
  { onProgress, leavesLevels = false }: { onProgress: OnProgress | undefined; leavesLevels?: boolean },
) {
  const started = performance.now();
  if (model.passCost) onProgress?.({ phase: 'timing', done: 0, total: 1 });
  // Null for a model in memory.
  const cost = (await model.passCost?.()) ?? null;
  if (cost !== null) expectTimeForLevels(suites, model, { cost, budgetSeconds });
  const isLeft = cost !== null && leavesLevels;
  const levelsSeconds = isLeft ? suites.reduce((sum, suite) => sum + levelsSecondsOf(suite, model, cost), 0) : 0;
  const choices: Array<{ readonly suite: Suite; readonly trial: Trial | undefined }> = [];
  for (const suite of suites) {
    const isKnown = !suite.levels || areLevelsChosen(suite.levels);
    if (isLeft && !isKnown) choices.push({ suite: atLevels(suite, middleOf(suite.levels ?? [])), trial: undefined });
    else choices.push(await withLevels(suite, model, { chatTemplate, onProgress }));
  }
  const isTried = cost === null && choices.some(({ trial }) => trial === undefined);
  // A time limit still has to choose among the items, and takes a trial for that.
  if (isTried && (budgetSeconds === null || isChosen)) {
    const chosen = choices.map(({ suite }) => suite);
    await announce(model, chosen, chatTemplate);
  }
  // A suite with a role is asked as a whole: the others do not get its time.
  const isWhole = ({ role }: Suite) => role !== undefined;
  const all = choices.reduce((sum, { suite }) => sum + (isWhole(suite) ? 0 : suite.items.length), 0);
  const spent = (performance.now() - started) / 1000 + levelsSeconds;
  let left = budgetSeconds === null || isChosen ? null : budgetSeconds - spent;
  const estimates = new Map<Suite, SuiteEstimate>();
  for (const { suite, trial } of choices.toSorted((a, b) => Number(isWhole(b.suite)) - Number(isWhole(a.suite)))) {
    const options = {
      ...optionsFor(suite, chatTemplate),
      seed,
      trial,
      onTrial: (share: number) => onProgress?.({ phase: 'timing', done: share, total: 1 }),
      budgetSeconds: left === null || isWhole(suite) ? null : (left * suite.items.length) / all,
    };
    const estimate =
      cost === null
        ? await estimateRun(suite.items, model, options)
        : estimatePasses(suite.items, model, cost, options);
    // The suite can have more items than were chosen.
    const allSeconds = (estimate.allSeconds * suite.size) / Math.max(1, suite.items.length);
    estimates.set(suite, { ...estimate, allSeconds, suite: withNote(suite, estimate) });
    if (left !== null && isWhole(suite)) left = Math.max(0, left - estimate.seconds);
  }
  return { estimates: choices.flatMap(({ suite }) => estimates.get(suite) ?? []), levelsSeconds, cost };
}

/** A trial then loads weights as the whole run needs them, instead of once more. */
async function announce(model: Model, suites: readonly Suite[], chatTemplate: boolean): Promise<void> {
  if (model.prepare === undefined) return;
  const chunks = suites.flatMap((suite) => {
    const options = optionsFor(suite, chatTemplate);
    return splitIntoChunks(selectFitting(suite.items, model, options).fitting).map((items) => ({ items, options }));
  });
  await prepareModel(model, chunks);
}

function middleOf(levels: readonly FamilyLevels[]): AskedLevels[] {
  return levels.map((level) => ({ ...level, asked: level.asked ?? [Math.ceil(level.count / 2)] }));
}

/** The search for the levels comes before a time limit can choose among items. */
function expectTimeForLevels(
  suites: readonly Suite[],
  model: Model,
  { cost, budgetSeconds }: { cost: PassCost; budgetSeconds: number | null },
): void {
  const needed = suites.reduce((sum, suite) => sum + levelsSecondsOf(suite, model, cost), 0);
  if (budgetSeconds === null || needed <= budgetSeconds) return;
  throw new UserError(
    `probes: finding the levels that suit the model takes about ${Math.ceil(needed / 60)} minutes layer by layer, more than the time limit`,
    'raise or leave out the limit, or take the levels of another measurement with --like',
    { code: 'not-enough-memory' },
  );
}

/** How long the search for the levels of a suite takes layer by layer; 0 if there is none. */
function levelsSecondsOf(suite: Suite, model: Model, cost: PassCost): number {
  const { pilot = [], levels = [], maxNewTokens } = suite;
  if (areLevelsChosen(levels) || pilot.length === 0) return 0;
  return pilotSeconds(pilot, model, cost, { ...pilotSize(levels), maxNewTokens });
}

const WITHOUT_WRITTEN =
  'the time limit is too short for answers that are written layer by layer, which take a pass over the weights for each token: only probes that are scored were asked';

function withNote(suite: Suite, estimate: RunEstimate | PassesEstimate): Suite {
  const leavesOut = 'leavesOutWritten' in estimate && estimate.leavesOutWritten;
  return leavesOut ? { ...suite, warnings: [...suite.warnings, WITHOUT_WRITTEN] } : suite;
}

async function withLevels(
  suite: Suite,
  model: Model,
  { chatTemplate, onProgress }: { chatTemplate: boolean; onProgress: OnProgress | undefined },
) {
  if (!suite.levels || areLevelsChosen(suite.levels)) return { suite, trial: undefined };
  const { levels, trial } = await chooseLevels(suite, model, {
    ...optionsFor(suite, chatTemplate),
    onAsked: (done, total) => onProgress?.({ phase: 'levels', done, total }),
  });
  return { suite: atLevels(suite, levels), trial: trial.items.length > 0 ? trial : undefined };
}
