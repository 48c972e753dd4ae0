import type { Model } from '@shadow-gate/language-model';
import { freshItems, type RunProbesOptions, runChunks, selectFitting, splitIntoChunks } from '@shadow-gate/probes';
import type { MeasuredProbes } from '@shadow-gate/probes/answer';
import type { ProbeItem } from '@shadow-gate/probes/item';
import type { Suite } from '@shadow-gate/probes/suite';
import type { ProbeRunOptions } from './options.ts';

interface FreshChunk {
  readonly items: readonly ProbeItem[];
  readonly options: RunProbesOptions;
}

/** Facts that nobody knew when the model was trained. */
export function prepareFresh(
  runs: ReadonlyArray<{ readonly suite: Suite; readonly options: RunProbesOptions }>,
  model: Model,
  { order: { seed } }: Pick<ProbeRunOptions, 'order'>,
): FreshChunk[] {
  return runs.flatMap(({ suite, options }) => {
    const { fitting } = selectFitting(freshItems(suite, seed), model, options);
    return splitIntoChunks(fitting).map((items) => ({ items, options }));
  });
}

/** @throws UserError for a model that cannot be asked */
export async function askFresh(
  chunks: readonly FreshChunk[],
  model: Model,
  { order: { seed } }: Pick<ProbeRunOptions, 'order'>,
): Promise<Pick<MeasuredProbes, 'fresh'>> {
  const answers: Array<{ readonly family: string; readonly correct: boolean }> = [];
  for (const { items, options } of chunks) {
    const { outcomes } = await runChunks([items], model, options);
    for (const { item, correct } of outcomes.values()) answers.push({ family: item.family, correct });
  }
  const [families, correct] = [answers.map(({ family }) => family), answers.map((answer) => answer.correct)];
  return answers.length === 0 ? {} : { fresh: { seed, families, correct } };
}
