import type { Model, ScoreRequest } from '@shadow-gate/language-model';
import { groupBy } from '@shadow-gate/platform';
import { PLACES, type Protocol } from '../../answer/protocol.ts';
import { surpriseOf } from '../../answer/texts.ts';
import type { Seed } from '../../random.ts';
import { drawConversations } from './conversations.ts';
import { type PlacedText, type PlacedTexts, placeTexts } from './places.ts';

/** @returns null for a server that has the tokenizer, and with it the chat template */
export function protocolTexts(seed: Seed, { tokenizer, maxLength }: Pick<Model, 'tokenizer' | 'maxLength'>) {
  if (tokenizer === null) return null;
  const { texts, ...further } = placeTexts(drawConversations(seed), tokenizer);
  const fits = ({ context, continuation }: PlacedText) => context.length + continuation.length <= maxLength;
  return { texts: texts.filter(fits), ...further };
}

/** One call, to be announced: texts that begin alike share what they begin with. */
export function protocolCall({ texts }: PlacedTexts): ScoreRequest[] {
  return texts.map(({ context, continuation }, id) => {
    return { kind: 'ids', id, where: `protocol ${id + 1}`, context, continuation };
  });
}

/** How likely a model makes what its template writes. @throws UserError for a model that cannot be asked */
export async function readProtocol(asked: PlacedTexts, model: Model): Promise<Protocol['places']> {
  const answers = await model.score(protocolCall(asked), () => {});
  const logprobs = new Map(answers.map(({ id, token_logprobs }) => [id, token_logprobs]));
  const read = asked.texts.flatMap(({ conversation, parts }, id) =>
    parts.map(({ place, from, to }) => ({ place, conversation, of: (logprobs.get(id) ?? []).slice(from, to) })),
  );
  const why = new Map(asked.missing.map(({ place, why }) => [place, why]));
  return PLACES.flatMap((place) => {
    const own = [
      ...groupBy(
        read.filter((text) => text.place === place),
        ({ conversation }) => conversation,
      ),
    ];
    const texts = own.map(([conversation, parts]) => {
      const tokens = parts.reduce((sum, { of }) => sum + of.length, 0);
      return { conversation, surprise: Math.max(...parts.map(({ of }) => surpriseAt(of))), tokens };
    });
    const missing = why.get(place);
    return texts.length === 0 && missing === undefined ? [] : [{ place, texts, ...(missing && { missing }) }];
  });
}

const surpriseAt = (logprobs: readonly number[]): number =>
  surpriseOf(logprobs.reduce((sum, logprob) => sum + logprob, 0));
