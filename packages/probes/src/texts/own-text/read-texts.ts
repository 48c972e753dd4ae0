import { isDeepStrictEqual } from 'node:util';
import type { Model, ScoreRequest } from '@shadow-gate/language-model';
import { at } from '@shadow-gate/platform';
import { sha256 } from '@shadow-gate/platform/files';
import type { DrawnText, OwnText, OwnTextScores } from '../../answer/own-text.ts';
import { LOG_UNIT, surpriseOf } from '../../answer/texts.ts';
import { spelled } from './spelled.ts';

export const digestTexts = (texts: readonly DrawnText[]): string => `sha256:${sha256(JSON.stringify(texts))}`;

/** Share of the tokens that are read once more in one long text, and the longest one. */
const JOINED = { least: 256, share: 0.6 };

/** How likely texts are to a model. @throws UserError for a model that cannot be asked at all */
export async function readTexts(
  texts: readonly DrawnText[],
  model: Model,
): Promise<Pick<NonNullable<OwnText['read']>, 'scores' | 'isInTokens'>> {
  const { isInTokens, alone, joined } = requestsFor(texts, model);
  const answers = await model.score(alone, () => {});
  const logprobsOf = new Map(answers.map(({ id, token_logprobs }) => [id, token_logprobs]));
  const scores = { alone: texts.map((_, id) => (logprobsOf.get(id) ?? []).map(surpriseOf)) };
  if (joined === null) return { isInTokens, scores };
  const logprobs = at(await model.score([joined.request], () => {}), 0).token_logprobs;
  return { isInTokens, scores: { ...scores, joined: meansAt(joined.places, logprobs) } };
}

/** The calls of `readTexts`, to be announced: no answer then depends on their order. */
export function ownTextCalls(texts: readonly DrawnText[], model: Model): ScoreRequest[][] {
  const { alone, joined } = requestsFor(texts, model);
  return [alone, joined === null ? [] : [joined.request]].filter((call) => call.length > 0);
}

function requestsFor(texts: readonly DrawnText[], model: Model) {
  const isInTokens = texts.every((text) => readsAsDrawn(text, model));
  const alone = texts.flatMap((text, id) => (fits(text, model) ? (requestFor(text, id, isInTokens) ?? []) : []));
  return { isInTokens, alone, joined: isInTokens ? joinedRequest(texts, model) : null };
}

/** A model with a shorter context has nothing for a text that is longer. */
const fits = ({ ids }: DrawnText, { maxLength }: Pick<Model, 'maxLength'>): boolean =>
  ids === undefined || ids.opening.length + ids.text.length <= maxLength;

/** A tokenizer that spells all tokens alike is the same one for these texts. */
function readsAsDrawn({ ids, opening, text }: DrawnText, { tokenizer, vocabulary = Number.POSITIVE_INFINITY }: Model) {
  if (ids === undefined || tokenizer === null) return false;
  if ([...ids.opening, ...ids.text].some((id) => id >= vocabulary)) return false;
  return isDeepStrictEqual(spelled(tokenizer, ids), { opening, text });
}

/** Null for a text that cannot be read in another tokenizer: tokens of single bytes have no text of their own. */
function requestFor({ ids, opening, text }: DrawnText, id: number, isInTokens: boolean): ScoreRequest | null {
  const where = `own text ${id + 1}`;
  if (isInTokens && ids !== undefined) return { kind: 'ids', id, where, context: ids.opening, continuation: ids.text };
  if ([opening, text].some((part) => part.trim() === '' || part.includes('\ufffd'))) return null;
  return { kind: 'text', id, where, context: opening, continuation: text };
}

interface Place {
  /** Where the first token after the opening is. */
  readonly position: number;
  readonly length: number;
}

/** Texts one after the other, as many as fit; null if none does. */
function joinedRequest(
  texts: readonly DrawnText[],
  { maxLength }: Pick<Model, 'maxLength'>,
): { readonly request: ScoreRequest; readonly places: readonly Place[] } | null {
  const all = texts.reduce((sum, { ids }) => sum + (ids?.text.length ?? 0), 0);
  const most = Math.min(maxLength, Math.max(JOINED.least, Math.round(JOINED.share * all)));
  const tokens: number[] = [];
  const places: Place[] = [];
  for (const { ids } of inOneOrder(texts)) {
    if (ids === undefined || tokens.length + ids.opening.length + ids.text.length > most) break;
    tokens.push(...ids.opening);
    places.push({ position: tokens.length, length: ids.text.length });
    tokens.push(...ids.text);
  }
  const [first, ...continuation] = tokens;
  if (first === undefined) return null;
  return { request: { kind: 'ids', id: 0, where: 'own text', context: [first], continuation }, places };
}

/** @param logprobs from the second token on */
function meansAt(places: readonly Place[], logprobs: readonly number[]): NonNullable<OwnTextScores['joined']> {
  return places.map(({ position, length }) => {
    const own = logprobs.slice(position - 1, position - 1 + length);
    return { position, mean: LOG_UNIT * surpriseOf(own.reduce((sum, logprob) => sum + logprob, 0) / length) };
  });
}

/** Parts mixed, the same for all models. */
export function inOneOrder(texts: readonly DrawnText[]): DrawnText[] {
  const keyed = texts.map((text) => ({ text, key: sha256(JSON.stringify(text)) }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ text }) => text);
}
