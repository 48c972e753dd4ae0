import type { Model, ScoreRequest } from '@shadow-gate/language-model';
import { groupBy } from '@shadow-gate/platform';
import { PLACES, type Protocol } from '../../answer/protocol.ts';
import { surpriseOf } from '../../answer/texts.ts';
import type { Seed } from '../../random.ts';
import { drawConversations } from './conversations.ts';
import { type PlacedText, type PlacedTexts, placeTexts } from './places.ts';

/** @returns null for a server that has the tokenizer, and with it the chat template */
export function protocolTexts(
  seed: Seed,
  {
    tokenizer,
    maxLength,
    vocabulary = Number.POSITIVE_INFINITY,
  }: Pick<Model, 'tokenizer' | 'maxLength' | 'vocabulary'>,
): PlacedTexts | null {
  if (tokenizer === null) return null;
  const { texts, missing, stops } = placeTexts(drawConversations(seed), tokenizer);
  const refusal = ({ context, continuation }: PlacedText) => {
    if (context.length + continuation.length > maxLength) return 'its texts are longer than the model takes';
    const beyond = [...context, ...continuation].find((id) => id >= vocabulary);
    return beyond === undefined ? null : `its template writes token ${beyond}, for which the model has no row`;
  };
  const read = texts.map((text) => ({ text, why: refusal(text) }));
  const kept = read.flatMap(({ text, why }) => (why === null ? [text] : []));
  const places = new Set(kept.flatMap(({ parts }) => parts.map(({ place }) => place)));
  const refused = read.flatMap(({ text, why }) => {
    return why === null ? [] : text.parts.flatMap(({ place }) => (places.has(place) ? [] : [[place, why] as const]));
  });
  const more = [...new Map(refused)].map(([place, why]) => ({ place, why }));
  return { texts: kept, missing: [...missing, ...more], stops };
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
  const read = asked.texts.flatMap(({ conversation, parts }, id) => {
    const own = logprobs.get(id);
    if (own === undefined) throw new Error(`protocol ${id + 1} has no answer`);
    return parts.map(({ place, from, to }) => ({ place, conversation, of: own.slice(from, to) }));
  });
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
