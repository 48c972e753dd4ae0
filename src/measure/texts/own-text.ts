import { type Model, type ModelSource, withModel } from '@shadow-gate/language-model';
import { UserError } from '@shadow-gate/platform';
import type { OnInterruption } from '@shadow-gate/platform/progress';
import { PROBE_DATE } from '@shadow-gate/probes';
import type { DrawnText, MeasuredProbes, OwnText } from '@shadow-gate/probes/answer';
import { digestTexts, drawTexts, readTexts } from '@shadow-gate/probes/texts';
import type { OwnTextOptions } from '../options.ts';
import { expectScores, isOfModel } from './measure-texts.ts';

/** What a model reads: texts that it drew, and the baseline's. */
export interface TextsToRead {
  readonly drawn: { readonly seed: number; readonly texts: DrawnText[] } | null;
  readonly read: OwnTextOptions['read'];
  /** Why it could not draw; null if it could, or had not to. */
  readonly leftOut: string | null;
}

/**
 * Draw in a session of its own: decoding needs a KV cache, with which the last bits of all scores would differ.
 * @throws UserError for a model that cannot be asked
 */
export async function drawIfRequested(
  source: ModelSource,
  { draw, read }: OwnTextOptions,
  onOpening: OnInterruption | undefined,
): Promise<TextsToRead> {
  if (draw === null) return { drawn: null, read, leftOut: null };
  const found = await unlessServerCannot(source.kind === 'endpoint', () =>
    withModel(
      // The other session examines it.
      source.kind === 'endpoint' ? { ...source, isExamined: false } : source,
      { needsTokenizer: true, now: PROBE_DATE, onOpening },
      (model) => drawTexts(model, draw),
    ),
  );
  if (typeof found === 'string') return { drawn: null, read, leftOut: found };
  return { drawn: found.length === 0 ? null : { seed: draw.seed, texts: found }, read, leftOut: null };
}

/** Lists that are read one after the other. */
export const textsToRead = ({ drawn, read }: TextsToRead): Array<readonly DrawnText[]> =>
  [drawn?.texts, read?.texts].filter((texts) => texts !== undefined);

/** @throws UserError for a model that cannot be asked */
export async function measureOwnText(
  { drawn, read, leftOut }: TextsToRead,
  model: Model,
): Promise<Pick<MeasuredProbes, 'ownText'>> {
  if (!drawn && !read) return leftOut === null ? {} : { ownText: { leftOut } };
  const found = await unlessServerCannot(model.execution === null, async (): Promise<OwnText> => {
    expectScores(model);
    const own = drawn && (await readTexts(drawn.texts, model));
    return {
      ...(drawn && own && { drawn: { digest: digestTexts(drawn.texts), ...drawn, scores: own.scores } }),
      ...(read && { read: { digest: read.digest, drawn: read.drawn, ...(await readTexts(read.texts, model)) } }),
      ...(leftOut === null ? {} : { leftOut }),
    };
  });
  return { ownText: typeof found === 'string' ? { leftOut: found } : found };
}

/** @returns the reason if a server lacks what own text needs, which is no error of the model */
export async function unlessServerCannot<T>(isServer: boolean, work: () => Promise<T>): Promise<T | string> {
  try {
    return await work();
  } catch (error) {
    if (isServer && error instanceof UserError && !isOfModel(error)) return error.problem;
    throw error;
  }
}
