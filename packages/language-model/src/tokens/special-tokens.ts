import { isObject } from '@shadow-gate/platform/json';
import { z } from 'zod';
import { RECIPES } from './classes/built-classes.ts';
import type { BuiltClass } from './classes/transformers-class.ts';
import { type AddedToken, signature } from './pipeline/added-tokens.ts';
import type { JsonObject } from './read-part.ts';

/** The special tokens in the files of a tokenizer, as text. */
interface SpecialTokens {
  /** `bos_token`, `eos_token` and other named tokens, all usable in a chat template. */
  readonly named: Readonly<Record<string, string>>;
  /** Special tokens without a name of their own (`additional_special_tokens`). */
  readonly extra: readonly string[];
}

const NAMES = ['bos_token', 'eos_token', 'unk_token', 'sep_token', 'pad_token', 'cls_token', 'mask_token'];

export interface SpecialTokenSources {
  /** tokenizer_config.json, `{}` if there is none. */
  readonly config: JsonObject;
  /** special_tokens_map.json. */
  readonly map: JsonObject | null;
  /** The class, if it builds a tokenizer itself. */
  readonly built: BuiltClass | null;
  /** `pad_token` of the padding in tokenizer.json, used if nothing else names one. */
  readonly padToken: string | null;
}

/** A special token, perhaps with matching rules. */
interface Named {
  readonly content: string;
  readonly token: AddedToken | null;
}

const flagsSchema = z.looseObject({
  content: z.string(),
  special: z.boolean().optional(),
  normalized: z.boolean().optional(),
  single_word: z.boolean().default(false),
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
});

/** An added token as a JSON object; it is normalized unless it is special or says so. */
function addedToken(value: unknown): AddedToken | null {
  const parsed = flagsSchema.safeParse(value);
  if (!parsed.success) return null;
  const { content, special = false, normalized = !special, single_word, lstrip, rstrip } = parsed.data;
  return { content, special, normalized, single_word, lstrip, rstrip };
}

export function plainSpecial(content: string): AddedToken {
  return { content, special: true, normalized: false, single_word: false, lstrip: false, rstrip: false };
}

function namedOf(value: unknown): Named | null {
  if (typeof value === 'string') return { content: value, token: null };
  const token = addedToken(value);
  return token && { content: token.content, token };
}

/**
 * Read the special tokens as transformers 5 does. `special_tokens_map.json` is used, with priority over
 * tokenizer_config.json, only if the latter has no `added_tokens_decoder`. A key with the value null means that there
 * is no such token; for a missing key, a class that builds its tokenizer has a default. Every other key that ends in
 * `_token` also names a special token, and so do the keys of `extra_special_tokens`, if that is an object.
 */
export function readSpecialTokens(sources: SpecialTokenSources): SpecialTokens {
  const { named, extra } = collect(sources);
  const texts = [...named].map(([name, { content }]) => [name, content]);
  return { named: Object.fromEntries(texts), extra: extra.map(({ content }) => content) };
}

function collect(sources: SpecialTokenSources): { readonly named: Map<string, Named>; readonly extra: Named[] } {
  const { config, map, built, padToken } = sources;
  const settings: JsonObject = map && !('added_tokens_decoder' in config) ? { ...config, ...map } : config;
  const recipe = built === null ? null : RECIPES[built];
  const defaults: JsonObject = recipe?.specials ?? {};
  const padded: JsonObject = padToken !== null && (recipe === null || recipe.leavesPad) ? { pad_token: padToken } : {};
  const all: JsonObject = { ...padded, ...defaults, ...settings };
  const others = Object.keys(all).filter((key) => key.endsWith('_token') && !NAMES.includes(key));
  const named = new Map<string, Named>();
  const name = (key: string, value: unknown) => {
    const token = namedOf(value);
    if (token) named.set(key, token);
  };
  for (const key of [...NAMES, ...others]) name(key, all[key]);
  const { extra_special_tokens: extras, additional_special_tokens: additional } = settings;
  if (isObject(extras)) for (const [key, value] of Object.entries(extras)) name(key, value);
  const list = Array.isArray(extras) && extras.length > 0 ? extras : additional;
  return { named, extra: Array.isArray(list) ? list.flatMap((value) => namedOf(value) ?? []) : [] };
}

/**
 * The added tokens, in the order in which transformers adds them. The ids in the files do not matter: `tokenizers` uses
 * those of the vocabulary, or the next free ones.
 * @param ofFile `added_tokens` of tokenizer.json, with their ids
 * @param legacy added_tokens.json
 */
export function listAddedTokens(
  sources: SpecialTokenSources,
  ofFile: ReadonlyArray<readonly [id: number, token: AddedToken]>,
  legacy: JsonObject | null,
): AddedToken[] {
  const { config, built } = sources;
  const { named, extra } = collect(sources);
  const special = new Set([...named.values(), ...extra].map(({ content }) => content));
  const decoder =
    'added_tokens_decoder' in config
      ? decoderOf(config.added_tokens_decoder)
      : new Map([...legacyTokens(legacy ?? {}, special), ...ofFile]);
  const out = built === null ? ofFile.map(([, token]) => token) : [];
  const present = new Set(out.map(signature));
  const later: AddedToken[] = [...decoder]
    .sort(([a], [b]) => a - b)
    .map(([, token]) => token)
    .filter((token) => !present.has(signature(token)));
  const known = new Set([...out, ...later].map(({ content }) => content));
  // One text can be named twice, with different rules: the second replaces the first.
  const added = new Set<string>();
  for (const { content, token } of [...named.values(), ...extra]) {
    const key = token ? signature(token) : content;
    if (known.has(content) || added.has(key)) continue;
    added.add(key);
    later.push(token ?? plainSpecial(content));
  }
  const names = new Set([...named.values()].map(({ content }) => content));
  out.push(...later.map((token) => (names.has(token.content) ? { ...token, special: true } : token)));
  if (built !== null && RECIPES[built].addsSpecialsAgain) out.push(...[...special].map(plainSpecial));
  return out;
}

function decoderOf(value: unknown): Map<number, AddedToken> {
  const tokens = isObject(value) ? Object.entries(value) : [];
  return new Map(
    tokens.map(([id, entry]) => {
      const token = addedToken(entry);
      if (token === null) throw new Error(`added_tokens_decoder.${id} is not an added token`);
      return [Number(id), token];
    }),
  );
}

function legacyTokens(file: JsonObject, special: ReadonlySet<string>): Array<readonly [number, AddedToken]> {
  return Object.entries(file).flatMap(([content, id]) => {
    if (typeof id !== 'number') return [];
    const isSpecial = special.has(content);
    return [[id, { ...plainSpecial(content), special: isSpecial, normalized: !isSpecial }] as const];
  });
}
