import type { JsonObject } from '../read-part.ts';

/** Conditions under which transformers 5.24 replaces the expression of a Mistral tokenizer (`_patch_mistral_regex`). */
export interface MistralSources {
  /** `fix_mistral_regex` of tokenizer_config.json. */
  readonly wanted: boolean;
  /** Tokens, added ones included. */
  readonly size: number;
  readonly modelType: string | null;
  /** `transformers_version` of config.json; null if it has none, undefined without a config.json. */
  readonly savedWith: string | null | undefined;
}

/** Smaller vocabularies belong to other models. */
const MIN_SIZE = 100_000;

const MODEL_TYPES = ['mistral', 'mistral3', 'voxtral', 'ministral', 'pixtral'];

const REGEX =
  '[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';

/** The pre-tokenizer with the right expression, if `fix_mistral_regex` asks for it and transformers follows. */
export function fixMistralRegex(
  preTokenizer: unknown,
  { wanted, size, modelType, savedWith }: MistralSources,
): unknown {
  if (!wanted || size <= MIN_SIZE || typeof preTokenizer !== 'object' || preTokenizer === null) return preTokenizer;
  if (savedWith === undefined || Number.parseInt(savedWith ?? '0', 10) >= 5) return preTokenizer;
  if (modelType !== null && !MODEL_TYPES.includes(modelType)) return preTokenizer;
  const split = { type: 'Split', pattern: { Regex: REGEX }, behavior: 'Isolated', invert: false };
  const { type, pretokenizers } = preTokenizer as JsonObject;
  if (type === 'Sequence' && Array.isArray(pretokenizers)) {
    return { type, pretokenizers: [split, ...pretokenizers.slice(1)] };
  }
  const bytes = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false };
  return { type: 'Sequence', pretokenizers: [split, type === 'Metaspace' ? bytes : preTokenizer] };
}
