import type { Model } from '@shadow-gate/language-model';
import { given } from '@shadow-gate/platform';
import type { MeasuredProbes, Protocol } from '@shadow-gate/probes/answer';
import { type Seed, seedName } from '@shadow-gate/probes/random';
import { type PlacedTexts, protocolCall, protocolTexts, readProtocol } from '@shadow-gate/probes/texts';
import { expectScores } from './measure-texts.ts';
import { unlessServerCannot } from './own-text.ts';

/** What a model is asked of its protocol. */
export interface ProtocolToRead {
  readonly seed: Seed;
  /** Null: the server has the tokenizer, and with it the chat template. */
  readonly texts: PlacedTexts | null;
}

/** Null where it is not asked. */
export function protocolToRead(
  { protocol, seed }: { readonly protocol?: boolean | undefined; readonly seed: Seed },
  model: Model,
): ProtocolToRead | null {
  return protocol === true ? { seed, texts: protocolTexts(seed, model) } : null;
}

export const protocolCalls = (asked: ProtocolToRead | null) =>
  asked?.texts == null || asked.texts.texts.length === 0 ? [] : [protocolCall(asked.texts)];

/** @throws UserError for a model that cannot be asked */
export async function measureProtocol(
  asked: ProtocolToRead | null,
  model: Model,
): Promise<Pick<MeasuredProbes, 'protocol'>> {
  if (asked === null) return {};
  const { seed, texts } = asked;
  const measured = (own: Omit<Protocol, 'seed'>) => ({ protocol: { seed: seedName(seed), ...own } });
  if (texts === null) return measured({ leftOut: 'the server has the tokenizer and the chat template', places: [] });
  const places = await unlessServerCannot(model.execution === null, () => {
    expectScores(model);
    return readProtocol(texts, model);
  });
  if (typeof places === 'string') return measured({ leftOut: places, places: [] });
  return measured({ ...given({ stops: texts.stops ?? undefined }), places });
}
