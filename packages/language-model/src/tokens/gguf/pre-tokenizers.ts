import type { JsonObject } from '../read-part.ts';

/** How texts are split before byte-level BPE, in the form of tokenizer.json. */
export interface Splitting {
  readonly normalizer?: JsonObject;
  readonly pre_tokenizer: JsonObject;
  /** A piece that is a token needs no merges. */
  readonly ignoreMerges?: boolean;
  /** If the file does not say: is there a BOS before each text? */
  readonly addsBos?: boolean;
  /** The tokenizer has no BOS: the id in files comes from config.json, which has it for other uses. */
  readonly withoutBos?: boolean;
}

const NFC: JsonObject = { type: 'NFC' };
const BYTE_LEVEL: JsonObject = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
/** After expressions that have already split. */
const BYTES: JsonObject = { ...BYTE_LEVEL, use_regex: false };
const DIGITS: JsonObject = { type: 'Digits', individual_digits: true };

const sequence = (...pretokenizers: readonly JsonObject[]): JsonObject => ({ type: 'Sequence', pretokenizers });
const split = (regex: string): JsonObject => ({
  type: 'Split',
  pattern: { Regex: regex },
  behavior: 'Isolated',
  invert: false,
});
const splitBy = (...regexes: readonly string[]): JsonObject => sequence(...regexes.map(split), BYTES);

const CONTRACTION = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
/** The end of all expressions since GPT-4's. */
const SPACES = '\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
/** Words with one character before them, numbers of some digits, punctuation with line ends. */
const words = (digits: string) =>
  `${CONTRACTION}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|${SPACES}`;
/** A word ends where a capital follows a small letter. */
const cased = (contraction: string, digits: string) => {
  const upper = '[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]';
  const lower = '[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]';
  const start = '[^\\r\\n\\p{L}\\p{N}]?';
  return `${start}${upper}*${lower}+${contraction}|${start}${upper}+${lower}*${contraction}|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|${SPACES}`;
};

const LLAMA_3 = words('\\p{N}{1,3}');
const QWEN_2 = words('\\p{N}');
/** Marks are letters. */
const QWEN_3_5 = `${CONTRACTION}|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|${SPACES}`;
const GPT_4O = cased(`${CONTRACTION}?`, '\\p{N}{1,3}');
const TEKKEN = cased('', '\\p{N}');

/** Letters of scripts with small and capital ones, as DeepSeek LLM lists them. */
const DEEPSEEK_LETTERS =
  'A-Za-z\u00b5\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u01ba\u01bc-\u01bf\u01c4-\u0293\u0295-\u02af\u0370-\u0373\u0376\u0377\u037b-\u037d\u037f\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03f5\u03f7-\u0481\u048a-\u052f\u0531-\u0556\u10a0-\u10c5\u13a0-\u13f5\u13f8-\u13fd\u1c90-\u1cba\u1cbd-\u1cbf\u1d00-\u1d2b\u1d6b-\u1d77\u1d79-\u1d9a\u1e00-\u1f15\u1f18-\u1f1d\u1f20-\u1f45\u1f48-\u1f4d\u1f50-\u1f57\u1f59\u1f5b\u1f5d\u1f5f-\u1f7d\u1f80-\u1fb4\u1fb6-\u1fbc\u1fbe\u1fc2-\u1fc4\u1fc6-\u1fcc\u1fd0-\u1fd3\u1fd6-\u1fdb\u1fe0-\u1fec\u1ff2-\u1ff4\u1ff6-\u1ffc\u2102\u2107\u210a-\u2113\u2115\u2119-\u211d\u2124\u2126\u2128\u212a-\u212d\u212f-\u2134\u2139\u213c-\u213f\u2145-\u2149\u214e\u2183\u2184\u2c00-\u2c7b\u2c7e-\u2ce4\u2ceb-\u2cee\u2cf2\u2cf3\ua640-\ua66d\ua680-\ua69b\ua722-\ua76f\ua771-\ua787\ua78b-\ua78e\uab70-\uabbf\ufb00-\ufb06\ufb13-\ufb17\uff21-\uff3a\uff41-\uff5a\u{10400}-\u{1044f}\u{104b0}-\u{104d3}\u{104d8}-\u{104fb}\u{10c80}-\u{10cb2}\u{10cc0}-\u{10cf2}\u{118a0}-\u{118df}\u{1e900}-\u{1e943}';
const DEEPSEEK_ASIAN = '[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+';
const DEEPSEEK_V3 = [
  '\\p{N}{1,3}',
  '[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+',
  `[!"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_\`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+`,
];

const falcon = sequence(
  { type: 'Punctuation', behavior: 'Contiguous' },
  BYTE_LEVEL,
  { type: 'Digits', individual_digits: false },
  split('[0-9][0-9][0-9]'),
);
const deepseekLlm = sequence(
  split('[\r\n]'),
  split(`\\s?[${DEEPSEEK_LETTERS}]+`),
  split('\\s?[!-/:-~\uff01-\uff0f\uff1a-\uff5e\u2018-\u201f\u3000-\u3002]+'),
  split('\\s+$'),
  split(DEEPSEEK_ASIAN),
  DIGITS,
  BYTES,
);
const deepseekCoder = sequence(
  split('[\r\n]'),
  split('\\s?\\p{L}+'),
  split('\\s?\\p{P}+'),
  split(DEEPSEEK_ASIAN),
  DIGITS,
  BYTES,
);

const llama3: Splitting = { pre_tokenizer: splitBy(LLAMA_3), ignoreMerges: true, addsBos: true };
const gpt4o: Splitting = { pre_tokenizer: splitBy(GPT_4O), ignoreMerges: true };
const digits: Splitting = { pre_tokenizer: sequence(DIGITS, BYTE_LEVEL) };
const neox: Splitting = { normalizer: NFC, pre_tokenizer: BYTE_LEVEL };
const gpt2: Splitting = { pre_tokenizer: BYTE_LEVEL };
const qwen2: Splitting = { normalizer: NFC, pre_tokenizer: splitBy(QWEN_2) };

/**
 * The names of `tokenizer.ggml.pre`, which llama.cpp gives to tokenizers by their result for one text
 * (convert_hf_to_gguf_update.py), with the parts of the tokenizer.json of models converted under each name. llama.cpp's
 * own table (src/llama-vocab.cpp, b7000 and later) has only expressions, without the normal form. A name is here if the
 * tokenizer.json is known, or if llama.cpp and transformers 5.24 (integrations/gguf/gguf_tokenizer_mapping.py) agree on
 * it: docs/reference/language-model.md says which have been compared.
 */
export const PRE_TOKENIZERS: ReadonlyMap<string, Splitting> = new Map<string, Splitting>([
  ['gpt-2', gpt2],
  ['phi-2', gpt2],
  ['smollm', digits],
  ['starcoder', digits],
  ['refact', digits],
  ['command-r', { ...digits, normalizer: NFC }],
  ['mpt', neox],
  ['olmo', neox],
  ['falcon', { pre_tokenizer: falcon }],
  ['llama3', llama3],
  ['llama-v3', llama3],
  ['llama-bpe', llama3],
  ['falcon3', llama3],
  ['falcon-h1', llama3],
  ['pixtral', llama3],
  ['midm-2.0', llama3],
  ['lfm2', llama3],
  ['smaug-bpe', { ...llama3, addsBos: false }],
  ['dbrx', { pre_tokenizer: splitBy(LLAMA_3) }],
  ['qwen2', { ...qwen2, withoutBos: true }],
  ['deepseek-r1-qwen', qwen2],
  ['qwen35', { normalizer: NFC, pre_tokenizer: splitBy(QWEN_3_5), withoutBos: true }],
  ['tekken', { pre_tokenizer: splitBy(TEKKEN), ignoreMerges: true, addsBos: true }],
  ['gpt-4o', gpt4o],
  ['llama4', gpt4o],
  ['deepseek-llm', { pre_tokenizer: deepseekLlm }],
  ['deepseek-coder', { pre_tokenizer: deepseekCoder }],
  ['deepseek-v3', { pre_tokenizer: splitBy(...DEEPSEEK_V3) }],
]);
