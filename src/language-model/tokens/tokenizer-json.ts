import { z } from 'zod';
import { validate } from '../../platform/first-issue.ts';
import { parseJson } from '../../platform/parse-json.ts';
import { UserError } from '../../platform/user-error.ts';

const addedTokenSchema = z.looseObject({
  id: z.int().nonnegative(),
  content: z.string(),
  special: z.boolean().optional(),
});
export type AddedToken = z.infer<typeof addedTokenSchema>;

/** The parts that are used here; the library reads the rest. The vocabulary is too large to check each entry. */
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
  const parsed = validate(schema, parseJson(text, { name: file, hint: 'restore the file' }));
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.issue;
  const key = path.map(String).join('.') || 'the file';
  throw new UserError(`${file} is not a tokenizer: ${key}: ${message}`, 'save the tokenizer again with transformers');
}

/** The id of a token, an added one or one of the vocabulary. */
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
 * The same tokenizer in a form that `@huggingface/tokenizers` 0.2.0 interprets like the Rust library. Its
 * pre-tokenizers ignore `split` of Metaspace (true by default), behaviors of Punctuation and Split that merge, and
 * letters and digits beyond ASCII in Whitespace and Digits. Regular expressions that match the pieces replace them.
 * @throws UserError for a pre-tokenizer that cannot be expressed
 */
export function adaptForLibrary(json: TokenizerJson, file: string): TokenizerJson {
  if (json.model.type === 'BPE' && json.model.continuing_subword_prefix) {
    throw new UserError(`${file} has a BPE model with continuing_subword_prefix`, UNSUPPORTED_HINT);
  }
  return { ...json, pre_tokenizer: adaptPreTokenizer(json.pre_tokenizer, file) };
}

const UNSUPPORTED_HINT = 'score token ids, or serve the model and use --endpoint';

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
  // The default of the Rust library is to isolate each mark.
  if (behavior === '' || behavior === 'Isolated') return pieces(`[${PUNCTUATION}]|[^${PUNCTUATION}]+`);
  if (behavior === 'Contiguous') return pieces(`[${PUNCTUATION}]+|[^${PUNCTUATION}]+`);
  throw new UserError(`${file} has a Punctuation pre-tokenizer with behavior ${behavior}`, UNSUPPORTED_HINT);
}

function adaptSplit(value: unknown, { behavior, pattern, invert }: PreTokenizer, file: string): unknown {
  if (behavior === '' || behavior === 'Isolated' || behavior === 'Removed') return value;
  const delimiter = pattern?.String;
  if (delimiter !== undefined && [...delimiter].length === 1 && !invert) {
    if (behavior === 'MergedWithPrevious') return mergedWithPrevious(delimiter);
    if (behavior === 'MergedWithNext') return mergedWithNext(delimiter);
  }
  throw new UserError(`${file} has a Split pre-tokenizer with behavior ${behavior}`, UNSUPPORTED_HINT);
}

function mergedWithPrevious(delimiter: string): unknown {
  const one = codePoint(delimiter);
  return pieces(`[^${one}]*${one}|[^${one}]+`);
}

function mergedWithNext(delimiter: string): unknown {
  const one = codePoint(delimiter);
  return pieces(`${one}?[^${one}]+|${one}`);
}

/** A pre-tokenizer whose pieces are the matches of an expression. */
function pieces(regex: string): unknown {
  return { type: 'Split', pattern: { Regex: regex }, behavior: 'Removed', invert: true };
}

function codePoint(character: string): string {
  return `\\x{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
