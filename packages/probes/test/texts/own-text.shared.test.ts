import type { GenerateRequest, Model, ScoreRequest } from '@shadow-gate/language-model';
import { describe, expect, it } from 'vitest';
import { drawTexts } from '../../src/texts/own-text/draw-texts.ts';
import { readTexts } from '../../src/texts/own-text/read-texts.ts';

/** Ids are characters: 0 is special, the rest are letters and digits of two scripts. */
const ALPHABET = ['\u0000', ...'abcdefghijklmnopqrstuvwxyz0123456789абвгд .'];
const SIZE = ALPHABET.length;
const decode = (ids: readonly number[], { skipSpecialTokens }: { skipSpecialTokens: boolean }) =>
  ids.map((id) => (id === 0 && skipSpecialTokens ? '' : (ALPHABET[id] ?? ''))).join('');

function modelOf(over: Partial<Record<'maxLength' | 'vocabulary', number>> = {}, shift = 0, template = true) {
  const asked: Array<GenerateRequest | ScoreRequest> = [];
  const tokenizer = {
    leading: [],
    chatTemplate: template ? 'x' : null,
    encode: (text: string) => Array.from(text, (letter) => Math.max(1, ALPHABET.indexOf(letter))),
    decode: (ids: readonly number[], options: { skipSpecialTokens: boolean }) =>
      decode(
        ids.map((id) => (id === 0 ? 0 : 1 + ((id - 1 + shift) % (SIZE - 1)))),
        options,
      ),
    spell: (lists: ReadonlyArray<readonly number[]>) => lists.map((ids) => decode(ids, { skipSpecialTokens: false })),
    renderChat: ([{ content }]: [{ content: string }]) => `user ${content} model `,
  };
  const model = {
    maxLength: 1000,
    vocabulary: SIZE,
    ...over,
    tokenizer,
    generate: async (requests: GenerateRequest[]) => {
      asked.push(...requests);
      return requests.map(({ id, maxNewTokens, sampling }) => ({
        ...{ id, finish: 'length', text: 'x' },
        tokens: Array.from({ length: maxNewTokens ?? 0 }, (_, i) => 1 + ((i + (sampling?.seed ?? 0)) % (SIZE - 1))),
      }));
    },
    score: async (requests: ScoreRequest[]) => {
      asked.push(...requests);
      return requests.map((request) => {
        const length = request.kind === 'ids' || request.kind === 'text' ? request.continuation.length : 0;
        return { id: request.id, logprob: 0, token_logprobs: Array.from({ length }, (_, i) => -1 - i / 1000) };
      });
    },
  };
  return { model: model as unknown as Model, asked };
}

const DRAW = { seed: 3, tokens: 1536 };

describe('drawing own text', () => {
  it('asks for all of a distribution, each text with a seed of its own', async () => {
    const { model, asked } = modelOf();
    const texts = await drawTexts(model, DRAW);
    const requests = asked as GenerateRequest[];
    const [leads, own] = [requests.slice(0, 32), requests.slice(32)];
    expect(own).toHaveLength(64);
    expect(new Set(requests.map(({ sampling }) => sampling?.seed)).size).toBe(96);
    expect(requests.every(({ sampling }) => sampling?.temperature === 1)).toBe(true);
    expect(new Set(leads.map(({ maxNewTokens }) => maxNewTokens))).toEqual(new Set([12]));
    expect(new Set(own.map(({ maxNewTokens }) => maxNewTokens))).toEqual(new Set([24]));
    expect(await drawTexts(model, DRAW)).toEqual(texts);
    expect(await drawTexts(model, { ...DRAW, seed: 4 })).not.toEqual(texts);
  });

  it('begins with tokens of all parts but special ones, in languages, and in the chat template', async () => {
    const { model } = modelOf();
    const texts = await drawTexts(model, DRAW);
    const parts = new Set(texts.map(({ part }) => part));
    for (const part of ['Latin', 'Cyrillic', 'digits', 'French', 'Python', "the user's turn", "the model's turn"]) {
      expect(parts).toContain(part);
    }
    expect(texts.some(({ ids }) => ids?.opening.includes(0))).toBe(false);
    expect(texts.find(({ part }) => part === "the user's turn")?.opening).toBe('user ');
    expect(texts.filter(({ opening }) => opening.length === 1).length).toBeGreaterThanOrEqual(16);
    const base = await drawTexts(modelOf({}, 0, false).model, DRAW);
    expect(base.filter(({ part }) => part.endsWith('turn'))).toEqual([]);
    expect(base).toHaveLength(64);
  });

  it('begins no text with an opening that everybody can read, but with what was drawn after it', async () => {
    const { model, asked } = modelOf();
    const texts = await drawTexts(model, DRAW);
    const ids = asked.flatMap((request) =>
      'prompt' in request && request.prompt.kind === 'ids' ? [request.prompt.tokens] : [],
    );
    const openings = new Set(ids.slice(0, 32).map((tokens) => tokens.join()));
    expect(openings.size).toBeGreaterThan(24);
    const french = texts.filter(({ part }) => part === 'French');
    expect(french.length).toBeGreaterThan(0);
    for (const { ids } of texts) expect(openings).not.toContain(ids?.opening.join());
    for (const { ids } of french) expect(ids?.opening).toHaveLength(12);
  });

  it('begins with the opening where a model writes nothing after it', async () => {
    const { model } = modelOf();
    const silent = {
      ...model,
      generate: async (requests: GenerateRequest[]) =>
        requests.map(({ id }, i) => ({
          id,
          finish: 'stop',
          text: i % 2 === 0 && requests.length > 32 ? 'x' : '',
          tokens: requests.length > 32 ? [1] : [],
        })),
    };
    const texts = await drawTexts(silent as unknown as Model, DRAW);
    expect(texts.find(({ part }) => part === 'Spanish')?.opening).toMatch(/[a-z]/);
  });

  it('leaves room for a text in a short context, and draws none in a tiny one', async () => {
    const texts = await drawTexts(modelOf({ maxLength: 24 }).model, DRAW);
    expect(texts.length).toBeGreaterThan(10);
    for (const { ids } of texts) expect((ids?.opening.length ?? 0) + (ids?.text.length ?? 0)).toBeLessThanOrEqual(24);
    expect(await drawTexts(modelOf({ maxLength: 12 }).model, DRAW)).toEqual([]);
  });
});

describe('reading own text', () => {
  it('scores each text after its opening, and all of them as one long text', async () => {
    const texts = await drawTexts(modelOf().model, DRAW);
    const { model, asked } = modelOf();
    const { scores, isInTokens } = await readTexts(texts, model);
    expect(isInTokens).toBe(true);
    expect(scores.alone).toHaveLength(64);
    expect(scores.alone[0]).toEqual(Array.from({ length: 24 }, (_, i) => 1000 + i));
    const long = asked.at(-1) as Extract<ScoreRequest, { kind: 'ids' }>;
    expect(1 + long.continuation.length).toBeLessThanOrEqual(0.6 * 1536);
    const first = scores.joined?.[0];
    // The token at position p is the continuation's number p − 1.
    // Surprises are rounded to thousandths.
    expect(first?.mean).toBeCloseTo(1 + ((first?.position ?? 0) - 1 + 11.5) / 1000, 2);
  });

  it('reads text where the tokenizer spells only a token otherwise that no opening has', async () => {
    const texts = await drawTexts(modelOf().model, DRAW);
    const last = (ids: readonly number[]) => ids.includes(SIZE - 1);
    const drawn = texts.filter(({ ids }) => ids && !last(ids.opening) && last(ids.text));
    expect(drawn.length).toBeGreaterThan(0);
    const { model } = modelOf();
    const { tokenizer } = model;
    if (tokenizer === null) throw new Error('no tokenizer');
    const other = (ids: readonly number[], options: { skipSpecialTokens: boolean }) =>
      ids.map((id) => (id === SIZE - 1 ? '?' : tokenizer.decode([id], options))).join('');
    const changed = { ...model, tokenizer: { ...tokenizer, decode: other } };
    expect((await readTexts(drawn, model)).isInTokens).toBe(true);
    expect((await readTexts(drawn, changed)).isInTokens).toBe(false);
  });

  it('reads text where the tokenizer spells a token otherwise, and skips what is too long', async () => {
    const texts = await drawTexts(modelOf().model, DRAW);
    const shifted = modelOf({}, 1);
    expect((await readTexts(texts, shifted.model)).isInTokens).toBe(false);
    expect(shifted.asked.every((request) => 'kind' in request && request.kind === 'text')).toBe(true);
    const { scores } = await readTexts(texts, modelOf({ maxLength: 30 }).model);
    expect(scores.alone.some((own) => own.length === 0)).toBe(true);
    expect(scores.alone.some((own) => own.length > 0)).toBe(true);
    expect((await readTexts(texts, modelOf({ vocabulary: 5 }).model)).isInTokens).toBe(false);
  });
});
