import type { Model, ScoreRequest } from '@shadow-gate/language-model';
import { at } from '@shadow-gate/platform';
import { sha256 } from '@shadow-gate/platform/files';
import type { DrawnText, OwnText, OwnTextScores } from '../../answer/own-text.ts';
import { LOG_UNIT } from '../../answer/texts.ts';

export const digestTexts = (texts: readonly DrawnText[]): string => `sha256:${sha256(JSON.stringify(texts))}`;

/** Share of the tokens that are read once more in one long text, and the longest one. */
const JOINED = { least: 256, share: 0.6 };

/** How likely texts are to a model. @throws UserError for a model that cannot be asked at all */
export async function readTexts(
  texts: readonly DrawnText[],
  model: Model,
): Promise<Pick<NonNullable<OwnText['read']>, 'scores' | 'isInTokens'>> {
  const isInTokens = texts.every((text) => readsAsDrawn(text, model));
  const alone = await model.score(
    texts.flatMap((text, id) => (fits(text, model) ? (requestFor(text, id, isInTokens) ?? []) : [])),
    () => {},
  );
  const answers = new Map(alone.map((answer) => [answer.id, answer.token_logprobs]));
  const scores = { alone: texts.map((_, id) => (answers.get(id) ?? []).map(surpriseOf)) };
  const joined = isInTokens ? await readJoined(texts, model) : null;
  return { isInTokens, scores: { ...scores, ...(joined === null ? {} : { joined }) } };
}

/** Calls of the same model, announced before: none of their answers then depends on the order. */
export function ownTextCalls(texts: readonly DrawnText[]): ScoreRequest[][] {
  const alone = texts.flatMap((text, id) => requestFor(text, id, true) ?? []);
  return alone.length === 0 ? [] : [alone];
}

/** A model with a shorter context has nothing for a text that is longer. */
const fits = ({ ids }: DrawnText, { maxLength }: Pick<Model, 'maxLength'>): boolean =>
  ids === undefined || ids.opening.length + ids.text.length <= maxLength;

/** A tokenizer that spells all tokens alike is the same one for these texts. */
function readsAsDrawn({ ids, opening, text }: DrawnText, { tokenizer, vocabulary = Number.POSITIVE_INFINITY }: Model) {
  if (ids === undefined || tokenizer === null) return false;
  const all = [...ids.opening, ...ids.text];
  if (all.some((id) => id >= vocabulary)) return false;
  const decode = (sequence: readonly number[]) => tokenizer.decode(sequence, { skipSpecialTokens: false });
  return decode(ids.opening) === opening && [opening + text, opening + decode(ids.text)].includes(decode(all));
}

/** Null for a text that cannot be read in another tokenizer: tokens of single bytes have no text of their own. */
function requestFor({ ids, opening, text }: DrawnText, id: number, isInTokens: boolean): ScoreRequest | null {
  const where = `own text ${id + 1}`;
  if (isInTokens && ids !== undefined) return { kind: 'ids', id, where, context: ids.opening, continuation: ids.text };
  if ([opening, text].some((part) => part.trim() === '' || part.includes('\ufffd'))) return null;
  return { kind: 'text', id, where, context: opening, continuation: text };
}

async function readJoined(texts: readonly DrawnText[], model: Model): Promise<OwnTextScores['joined'] | null> {
  const all = texts.reduce((sum, { ids }) => sum + (ids?.text.length ?? 0), 0);
  const most = Math.min(model.maxLength, Math.max(JOINED.least, Math.round(JOINED.share * all)));
  const tokens: number[] = [];
  const places: Array<{ readonly position: number; readonly length: number }> = [];
  for (const { ids } of inOneOrder(texts)) {
    if (ids === undefined || tokens.length + ids.opening.length + ids.text.length > most) break;
    tokens.push(...ids.opening);
    places.push({ position: tokens.length, length: ids.text.length });
    tokens.push(...ids.text);
  }
  const [first, ...rest] = tokens;
  if (first === undefined) return null;
  const request = { kind: 'ids', id: 0, where: 'own text', context: [first], continuation: rest } as const;
  const logprobs = at(await model.score([request], () => {}), 0).token_logprobs;
  return places.map(({ position, length }) => {
    const own = logprobs.slice(position - 1, position - 1 + length);
    const mean = -own.reduce((sum, logprob) => sum + logprob, 0) / length;
    return { position, mean: Math.max(0, Math.round(mean / LOG_UNIT) * LOG_UNIT) };
  });
}

/** Parts mixed, the same for all models. */
export function inOneOrder(texts: readonly DrawnText[]): DrawnText[] {
  const keyed = texts.map((text) => ({ text, key: sha256(JSON.stringify(text)) }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ text }) => text);
}

/** Rounded; by the last bit, a probability can be more than 1. */
const surpriseOf = (logprob: number): number => Math.max(0, Math.round(-logprob / LOG_UNIT));
