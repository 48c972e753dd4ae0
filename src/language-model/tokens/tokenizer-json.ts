import { z } from 'zod';
import { UserError } from '../../platform/user-error.ts';

const addedTokenSchema = z.looseObject({
  id: z.int().nonnegative(),
  content: z.string(),
  special: z.boolean().optional(),
});
export type AddedToken = z.infer<typeof addedTokenSchema>;

/** Only what is used here; the library reads the rest. Sizes forbid a deep look at the vocabulary. */
const schema = z.looseObject({
  model: z.looseObject({
    type: z.string().optional(),
    vocab: z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]),
    unk_token: z.string().nullish(),
    continuing_subword_prefix: z.string().nullish(),
  }),
  added_tokens: z.array(addedTokenSchema).default([]),
  normalizer: z.unknown().default(null),
  pre_tokenizer: z.unknown().default(null),
  post_processor: z.unknown().default(null),
  decoder: z.unknown().default(null),
});
export type TokenizerJson = z.infer<typeof schema>;

/** @throws UserError for a text that is not the JSON of a `tokenizers` tokenizer */
export function parseTokenizerJson(text: string, file: string): TokenizerJson {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UserError(`${file} is not JSON: ${(error as Error).message}`, 'restore the file');
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue?.path.join('.') || 'the file';
  throw new UserError(`${file} is not a tokenizer: ${place}: ${issue?.message}`, 'save it again with transformers');
}

/** The id of a token, added or of the vocabulary. */
export function tokenIdOf(json: TokenizerJson, token: string): number | null {
  const added = json.added_tokens.find(({ content }) => content === token);
  if (added) return added.id;
  const { vocab } = json.model;
  if (Array.isArray(vocab)) {
    const index = vocab.findIndex((entry) => Array.isArray(entry) && entry[0] === token);
    return index < 0 ? null : index;
  }
  const id = Object.hasOwn(vocab, token) ? vocab[token] : null;
  return typeof id === 'number' ? id : null;
}

/**
 * The same tokenizer in words that `@huggingface/tokenizers` 0.2.0 understands as the Rust library does. Its pre-tokenizers
 * leave out `split` of Metaspace (true unless said otherwise), the behaviours of Punctuation and of Split that merge, and
 * letters and digits beyond ASCII in Whitespace and Digits. A regular expression that takes all pieces says each of them.
 * @throws UserError for what neither can say
 */
export function adaptForLibrary(json: TokenizerJson, file: string): TokenizerJson {
  if (json.model.type === 'BPE' && json.model.continuing_subword_prefix) {
    throw new UserError(`${file} has a BPE model with continuing_subword_prefix`, unsupported);
  }
  return { ...json, pre_tokenizer: adaptPreTokenizer(json.pre_tokenizer, file) };
}

const unsupported = 'score by token ids, or serve the model and score it remotely';

const preTokenizerSchema = z.looseObject({
  type: z.string(),
  behavior: z.string().default(''),
  split: z.boolean().default(true),
  replacement: z.string().default('▁'),
  individual_digits: z.boolean().default(false),
  invert: z.boolean().default(false),
  pattern: z.looseObject({ String: z.string().optional() }).optional(),
  pretokenizers: z.array(z.unknown()).default([]),
});
type PreTokenizer = z.infer<typeof preTokenizerSchema>;

const PUNCTUATION = '\\p{P}!-/:-@\\[-`{-~';

function adaptPreTokenizer(value: unknown, file: string): unknown {
  const parsed = preTokenizerSchema.safeParse(value);
  if (!parsed.success) return value;
  const { data } = parsed;
  switch (data.type) {
    case 'Sequence':
      return { ...data, pretokenizers: data.pretokenizers.map((inner) => adaptPreTokenizer(inner, file)) };
    case 'Metaspace':
      if (!data.split) return value;
      return { type: 'Sequence', pretokenizers: [value, mergedWithNext(data.replacement)] };
    case 'Whitespace':
      return pieces('\\w+|[^\\w\\s]+');
    case 'Digits':
      return pieces(`\\p{N}${data.individual_digits ? '' : '+'}|\\P{N}+`);
    case 'Punctuation':
      return adaptPunctuation(data, file);
    case 'Split':
      return adaptSplit(value, data, file);
    default:
      return value;
  }
}

function adaptPunctuation({ behavior }: PreTokenizer, file: string): unknown {
  // Rust's default is to isolate each mark.
  if (behavior === '' || behavior === 'Isolated') return pieces(`[${PUNCTUATION}]|[^${PUNCTUATION}]+`);
  if (behavior === 'Contiguous') return pieces(`[${PUNCTUATION}]+|[^${PUNCTUATION}]+`);
  throw new UserError(`${file} has a Punctuation pre-tokenizer with behavior ${behavior}`, unsupported);
}

function adaptSplit(value: unknown, { behavior, pattern, invert }: PreTokenizer, file: string): unknown {
  if (behavior === '' || behavior === 'Isolated' || behavior === 'Removed') return value;
  const delimiter = pattern?.String;
  if (delimiter !== undefined && [...delimiter].length === 1 && !invert) {
    if (behavior === 'MergedWithPrevious') return mergedWithPrevious(delimiter);
    if (behavior === 'MergedWithNext') return mergedWithNext(delimiter);
  }
  throw new UserError(`${file} has a Split pre-tokenizer with behavior ${behavior}`, unsupported);
}

function mergedWithPrevious(delimiter: string): unknown {
  const one = codePoint(delimiter);
  return pieces(`[^${one}]*${one}|[^${one}]+`);
}

function mergedWithNext(delimiter: string): unknown {
  const one = codePoint(delimiter);
  return pieces(`${one}?[^${one}]+|${one}`);
}

/** Take what matches as pieces. */
function pieces(regex: string): unknown {
  return { type: 'Split', pattern: { Regex: regex }, behavior: 'Removed', invert: true };
}

function codePoint(character: string): string {
  return `\\x{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
