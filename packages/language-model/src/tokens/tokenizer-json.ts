import { UserError } from '@shadow-gate/platform';
import { parseJson, validate } from '@shadow-gate/platform/json';
import { z } from 'zod';
import { anyArray, anyObject } from './read-part.ts';

/** The Rust library opens no file that lacks one of these. */
const addedTokenSchema = z.looseObject({
  id: z.int().nonnegative(),
  content: z.string(),
  special: z.boolean(),
  normalized: z.boolean(),
  single_word: z.boolean(),
  lstrip: z.boolean(),
  rstrip: z.boolean(),
});

/** The outer shape; the parts read their own. The vocabulary is too large to check each entry here. */
const schema = z.looseObject({
  model: z.looseObject({ vocab: z.union([anyObject, anyArray]) }),
  padding: z.looseObject({ pad_token: z.string().optional() }).nullish(),
  added_tokens: z.array(addedTokenSchema).default([]),
  normalizer: z.unknown().default(null),
  pre_tokenizer: z.unknown().default(null),
  post_processor: z.unknown().default(null),
  decoder: z.unknown().default(null),
});
export type TokenizerJson = z.infer<typeof schema>;

/** @throws UserError for text that is not the JSON of a `tokenizers` tokenizer */
export function parseTokenizerJson(text: string, file: string): TokenizerJson {
  const parsed = validate(schema, parseJson(text, { name: file, hint: 'restore the file' }));
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.issue;
  const key = path.map(String).join('.') || 'the file';
  throw new UserError(`${file} is not a tokenizer: ${key}: ${message}`, 'save the tokenizer again with transformers');
}
