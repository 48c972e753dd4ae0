import type { GenerateRequest, Model } from '@shadow-gate/language-model';
import { type Tokenizer, vocabularyParts } from '@shadow-gate/language-model/tokens';
import { at, groupBy, UserError } from '@shadow-gate/platform';
import { CHAT_PARTS, type DrawnText } from '../../answer/own-text.ts';
import { PROBE_DATE } from '../../prompt.ts';
import { Random } from '../../random.ts';
import { OPENINGS } from './openings.ts';
import { spelled } from './spelled.ts';

/** Tokens drawn after each opening: many short texts say more than a few long ones, since texts are the units. */
const TEXT_TOKENS = 24;

/** Shorter texts say little. */
const LEAST_TOKENS = 8;

/**
 * Tokens that are drawn after an opening which everybody can read, to be the beginning of a text in its place: a model
 * may have learned to behave after those alone.
 */
const LEAD_TOKENS = 12;

/** Shares of texts that begin with a random token, with an opening of a language, and in the chat template. */
const SHARES = { token: 1, language: 2, chat: 1 } as const;

/** Parts whose tokens no text begins with: some are never read, and a byte is no character. */
const NO_BEGINNINGS = ['special', 'unused', 'bytes'];

/** Ids of a server's model, whose vocabulary is not known: those without a text are not in it. */
const MOST_TOKENS = 2 ** 18;

/** What a text begins with, as token ids, or as text where the server has the tokenizer. */
interface Opening {
  readonly part: string;
  readonly prompt: Exclude<GenerateRequest['prompt'], { kind: 'messages' }>;
}

/**
 * Texts that a model draws itself, at temperature 1 and over its whole vocabulary.
 * @param tokens to draw, about
 * @throws UserError for a model that cannot be asked
 */
export async function drawTexts(
  model: Model,
  { seed, tokens }: { readonly seed: number; readonly tokens: number },
): Promise<DrawnText[]> {
  const length = Math.min(TEXT_TOKENS, Math.floor(model.maxLength / 2));
  if (length < LEAST_TOKENS) return [];
  const fits = ({ prompt }: Opening) => prompt.kind === 'text' || prompt.tokens.length + length <= model.maxLength;
  const count = Math.round(tokens / length);
  const random = new Random(seed, 'own text');
  const leads = await drawLeads(model, take(languageOpenings(random), Math.ceil(count / 2)), seed);
  const openings = openingsFor(model, leads, { count, random }).filter(fits);
  return drawAfter(model, openings, { seed, length });
}

async function drawAfter(
  model: Model,
  openings: readonly Opening[],
  { seed, length }: { readonly seed: number; readonly length: number },
): Promise<DrawnText[]> {
  const { tokenizer } = model;
  const answers = await model.generate(requestsAfter(openings, { seed, length }), () => {});
  return answers.flatMap(({ text, tokens: drawn }, i): DrawnText[] => {
    const { part, prompt } = at(openings, i);
    if (prompt.kind === 'text') return text ? [{ part, opening: prompt.text, text }] : [];
    if (tokenizer === null || drawn === null || drawn.length === 0) return [];
    const ids = { opening: [...prompt.tokens], text: [...drawn] };
    return [{ part, ...spelled(tokenizer, ids), ids }];
  });
}

const requestsAfter = (
  openings: readonly Opening[],
  { seed, length }: { readonly seed: number; readonly length: number },
): GenerateRequest[] =>
  openings.map(({ prompt }, id) => ({
    ...{ id, prompt, where: `own text ${id + 1}`, maxNewTokens: length, stop: [] },
    sampling: { temperature: 1, seed: drawSeed(seed, id) },
  }));

/** Another one for each text: at most 2³¹ − 1. */
const drawSeed = (seed: number, text: number): number => (seed * 4099 + text * 31) % 0x7fffffff;

/** What a text of a language begins with: its tokens if they are known. */
interface Lead {
  readonly part: string;
  readonly text: string;
  readonly tokens: readonly number[] | null;
}

/** What the model writes after each opening; the opening itself where it stops at once. */
async function drawLeads(model: Model, languages: ReturnType<typeof languageOpenings>, seed: number): Promise<Lead[]> {
  const { tokenizer } = model;
  const openings = languages.map(({ part, text }): Opening => {
    return tokenizer === null ? { part, prompt: { kind: 'text', text } } : inIds(tokenizer, part, text);
  });
  const length = Math.min(LEAD_TOKENS, Math.floor(model.maxLength / 4));
  // Not the numbers of the texts that follow.
  const drawn = await drawAfter(model, openings, { seed: seed + 1, length });
  const leads = drawn.flatMap(({ part, text, ids }): Lead[] => {
    return text.trim().length < LEAST_LEAD ? [] : [{ part, text, tokens: ids?.text ?? null }];
  });
  return leads.length > 0 ? leads : languages.map((opening) => ({ ...opening, tokens: null }));
}

/** Characters of a beginning that lead to a language. */
const LEAST_LEAD = 4;

function openingsFor(
  model: Model,
  leads: readonly Lead[],
  { count, random }: { readonly count: number; readonly random: Random },
): Opening[] {
  const { tokenizer } = model;
  if (tokenizer === null) {
    return take(leads, count).map(({ part, text }) => ({ part, prompt: { kind: 'text', text } }));
  }
  const encoded = leads.map(({ part, text, tokens }): Opening => {
    if (tokens === null) return inIds(tokenizer, part, text);
    return { part, prompt: { kind: 'ids', tokens: [...tokenizer.leading, ...tokens] } };
  });
  const chat = chatOpenings(tokenizer, leads);
  const { token, language, chat: ofChat } = SHARES;
  const all = token + language + (chat.length > 0 ? ofChat : 0);
  const [tokens, words] = [token, language].map((share) => Math.round((count * share) / all)) as [number, number];
  return [
    ...tokenOpenings(model, tokenizer, { count: tokens, random }),
    ...take(encoded, words),
    ...take(chat, count - tokens - words),
  ];
}

/** As often as needed. */
function take<T>(values: readonly T[], count: number): T[] {
  return values.length === 0 ? [] : Array.from({ length: count }, (_, i) => at(values, i % values.length));
}

/** Each language once, then again with another opening, in a random order. */
function languageOpenings(random: Random): Array<{ readonly part: string; readonly text: string }> {
  const rounds = Math.max(...OPENINGS.map(({ texts }) => texts.length));
  const shuffled = OPENINGS.map(({ part, texts }) => ({ part, texts: random.shuffle(texts) }));
  return Array.from({ length: rounds }, (_, round) =>
    random
      .shuffle(shuffled)
      .flatMap(({ part, texts }) => texts.slice(round, round + 1).map((text) => ({ part, text }))),
  ).flat();
}

function inIds(tokenizer: Tokenizer, part: string, text: string): Opening {
  const tokens = [...tokenizer.leading, ...tokenizer.encode(text, { addSpecialTokens: false })];
  return { part, prompt: { kind: 'ids', tokens } };
}

/** Half of them over the whole vocabulary alike, half from each of its parts alike. */
function tokenOpenings(
  { vocabulary = MOST_TOKENS }: Model,
  tokenizer: Tokenizer,
  { count, random }: { readonly count: number; readonly random: Random },
): Opening[] {
  const parts = vocabularyParts(tokenizer, vocabulary).map((part, id) => ({ part, id }));
  const first = parts.filter(({ part }) => !NO_BEGINNINGS.includes(part));
  if (first.length === 0) return [];
  const groups = random.shuffle([...groupBy(first, ({ part }) => part).values()]);
  return Array.from({ length: count }, (_, i) => {
    const { part, id } = random.pick(i % 2 === 0 ? first : at(groups, (i >> 1) % groups.length));
    return { part, prompt: { kind: 'ids', tokens: [...tokenizer.leading, id] } };
  });
}

/** Stands in a rendered conversation where a user's words are. */
const WORDS = 'words7of3the9user';

const [USER, MODEL] = CHAT_PARTS;

/** The beginning of a user's turn, and of the model's after an opening of any language. None without a template. */
function chatOpenings(tokenizer: Tokenizer, languages: readonly Lead[]): Opening[] {
  if (tokenizer.chatTemplate === null) return [];
  const render = (content: string) =>
    tokenizer.renderChat([{ role: 'user', content }], {
      addGenerationPrompt: true,
      now: PROBE_DATE,
      where: 'own text',
    });
  const inChat = (part: string, text: string): Opening => ({
    part,
    prompt: { kind: 'ids', tokens: tokenizer.encode(text, { addSpecialTokens: false }) },
  });
  try {
    const [before = '', after] = render(WORDS).split(WORDS);
    const user = after === undefined || before === '' ? [] : [inChat(USER, before)];
    return languages.flatMap(({ text }) => [...user, inChat(MODEL, render(text))]);
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
}
