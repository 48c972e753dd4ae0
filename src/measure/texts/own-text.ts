import { type Model, type ModelSource, withModel } from '@shadow-gate/language-model';
import type { OnInterruption } from '@shadow-gate/platform/progress';
import { PROBE_DATE } from '@shadow-gate/probes';
import type { DrawnText, MeasuredProbes, OwnText } from '@shadow-gate/probes/answer';
import { digestTexts, drawTexts, readTexts } from '@shadow-gate/probes/texts';
import type { OwnTextOptions } from '../options.ts';

/** What a model reads: texts that it drew, or the baseline's. */
export interface TextsToRead {
  readonly drawn: { readonly seed: number; readonly texts: readonly DrawnText[] } | null;
  readonly read: OwnTextOptions['read'];
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
  if (draw === null) return { drawn: null, read };
  const texts = await withModel(source, { needsTokenizer: true, now: PROBE_DATE, onOpening }, (model) =>
    drawTexts(model, draw),
  );
  return { drawn: texts.length === 0 ? null : { seed: draw.seed, texts }, read };
}

export const textsToRead = ({ drawn, read }: TextsToRead): DrawnText[] => [
  ...(drawn?.texts ?? []),
  ...(read?.texts ?? []),
];

export async function measureOwnText(
  { drawn, read }: TextsToRead,
  model: Model,
): Promise<Pick<MeasuredProbes, 'ownText'>> {
  const ownText: OwnText = {
    ...(drawn && {
      drawn: {
        digest: digestTexts(drawn.texts),
        ...drawn,
        texts: [...drawn.texts],
        scores: await scoresOf(drawn, model),
      },
    }),
    ...(read && { read: { digest: read.digest, drawn: read.drawn, ...(await readTexts(read.texts, model)) } }),
  };
  return drawn || read ? { ownText } : {};
}

const scoresOf = async ({ texts }: { readonly texts: readonly DrawnText[] }, model: Model) =>
  (await readTexts(texts, model)).scores;
