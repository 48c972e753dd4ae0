import { isObject } from '@shadow-gate/platform/json';
import type { JsonObject } from '../read-part.ts';
import type { BuiltClass } from './transformers-class.ts';

/** The parts of a tokenizer.json that a class of transformers makes itself. */
interface BuiltParts {
  readonly model: JsonObject;
  readonly normalizer: unknown;
  readonly pre_tokenizer: unknown;
  readonly decoder: unknown;
}

/** A class's replacements in tokenizer.json (transformers 5.24, models/*\/tokenization_*.py). */
interface Recipe {
  /** The special tokens of a checkpoint that does not name them. */
  readonly specials: Readonly<Record<string, string>>;
  /** Can it be built from vocab.json and merges.txt, without a tokenizer.json? */
  readonly fromFiles?: boolean;
  /** Does it leave pad_token to tokenizer.json? */
  readonly leavesPad?: boolean;
  /** Special tokens to add once more, with the flags of a plain special token. */
  readonly addsSpecialsAgain?: boolean;
  /** Replaces tokenizer.json's post-processor: nothing around a text, or a BOS before it. */
  readonly around?: 'nothing' | 'bos';
  parts(config: JsonObject, unkToken: string | null): BuiltParts;
}

const END_OF_TEXT = '<|endoftext|>';

const BYTE_LEVEL = { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true };
/** Model options of all classes that work on bytes. */
const BYTES = { unk_token: null, fuse_unk: false, byte_fallback: false };

const gpt2 = (config: JsonObject) => ({
  model: BYTES,
  normalizer: null,
  pre_tokenizer: { ...BYTE_LEVEL, add_prefix_space: config.add_prefix_space === true },
  decoder: BYTE_LEVEL,
});

/** Letters, one digit at a time. */
const QWEN2 =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
/** Marks are letters. */
const QWEN3_5 =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

const qwen = (regex: string) => (config: JsonObject) => ({
  model: BYTES,
  normalizer: { type: 'NFC' },
  pre_tokenizer: {
    type: 'Sequence',
    pretokenizers: [
      { type: 'Split', pattern: { Regex: regex }, behavior: 'Isolated', invert: false },
      { ...BYTE_LEVEL, add_prefix_space: config.add_prefix_space === true, use_regex: false },
    ],
  },
  decoder: BYTE_LEVEL,
});

const QWEN_SPECIALS = { unk_token: END_OF_TEXT, eos_token: END_OF_TEXT, pad_token: END_OF_TEXT };
const LLAMA_SPECIALS = { unk_token: '<unk>', bos_token: '<s>', eos_token: '</s>' };

/** ▁ for spaces, and bytes for text that the vocabulary lacks. */
const spaced = (...last: readonly JsonObject[]) => ({
  type: 'Sequence',
  decoders: [
    { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
    { type: 'ByteFallback' },
    { type: 'Fuse' },
    ...last,
  ],
});
const LEADING_SPACE = { type: 'Strip', content: ' ', start: 1, stop: 0 };
const metaspace = (scheme: string) => ({ type: 'Metaspace', replacement: '▁', prepend_scheme: scheme, split: false });
const fallback = (unkToken: string | null) => ({ unk_token: unkToken, fuse_unk: true, byte_fallback: true });

const GPT2: Recipe = {
  fromFiles: true,
  specials: { unk_token: END_OF_TEXT, bos_token: END_OF_TEXT, eos_token: END_OF_TEXT },
  parts: gpt2,
};

export const RECIPES: Readonly<Record<BuiltClass, Recipe>> = {
  GPT2Tokenizer: GPT2,
  CodeGenTokenizer: GPT2,
  GPTNeoXTokenizer: {
    fromFiles: true,
    specials: { ...GPT2.specials, pad_token: '<|padding|>' },
    around: 'nothing',
    parts: (config) => ({ ...gpt2(config), normalizer: { type: 'NFC' } }),
  },
  CohereTokenizer: {
    fromFiles: true,
    specials: {
      unk_token: '<UNK>',
      bos_token: '<BOS_TOKEN>',
      eos_token: '<|END_OF_TURN_TOKEN|>',
      pad_token: '<PAD>',
      cls_token: '<CLS>',
      sep_token: '<SEP>',
      mask_token: '<MASK_TOKEN>',
    },
    parts: (config) => {
      const built = gpt2(config);
      const digits = { type: 'Digits', individual_digits: true };
      const pretokenizers = [digits, built.pre_tokenizer];
      return { ...built, normalizer: { type: 'NFC' }, pre_tokenizer: { type: 'Sequence', pretokenizers } };
    },
  },
  Qwen2Tokenizer: { fromFiles: true, specials: QWEN_SPECIALS, addsSpecialsAgain: true, parts: qwen(QWEN2) },
  Qwen3_5Tokenizer: { specials: QWEN_SPECIALS, parts: qwen(QWEN3_5) },
  GemmaTokenizer: {
    specials: {
      unk_token: '<unk>',
      bos_token: '<bos>',
      eos_token: '<eos>',
      pad_token: '<pad>',
      mask_token: '<mask>',
    },
    parts: (_, unkToken) => ({
      model: fallback(unkToken),
      normalizer: { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      pre_tokenizer: { type: 'Split', pattern: { String: ' ' }, behavior: 'MergedWithPrevious', invert: false },
      decoder: spaced(),
    }),
  },
  LlamaTokenizer: {
    leavesPad: true,
    specials: LLAMA_SPECIALS,
    parts: ({ add_prefix_space, legacy }) => {
      const prefix = add_prefix_space !== false;
      const scheme = legacy === true ? 'always' : 'first';
      return {
        model: fallback(null),
        normalizer: null,
        pre_tokenizer: metaspace(prefix ? scheme : 'never'),
        decoder: spaced(...(prefix ? [LEADING_SPACE] : [])),
      };
    },
  },
  CodeLlamaTokenizer: {
    leavesPad: true,
    specials: {
      ...LLAMA_SPECIALS,
      prefix_token: '▁<PRE>',
      middle_token: '▁<MID>',
      suffix_token: '▁<SUF>',
      eot_token: '▁<EOT>',
      fill_token: '<FILL_ME>',
    },
    around: 'bos',
    parts: ({ add_prefix_space }, unkToken) => ({
      model: fallback(unkToken),
      normalizer: null,
      pre_tokenizer: metaspace(add_prefix_space === false ? 'never' : 'first'),
      decoder: spaced(LEADING_SPACE),
    }),
  },
};

/** @param model only its vocabulary and merges are used @throws Error for a model without merges */
export function buildParts(
  name: BuiltClass,
  model: JsonObject,
  config: JsonObject,
  unkToken: string | null,
): BuiltParts {
  const { vocab, merges } = model;
  if (!Array.isArray(merges) || !isObject(vocab)) {
    throw new Error(`${name} needs a BPE model, with merges`);
  }
  const parts = RECIPES[name].parts(config, unkToken);
  return { ...parts, model: { type: 'BPE', ...parts.model, vocab, merges } };
}
