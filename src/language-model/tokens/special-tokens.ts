import { z } from 'zod';

/** What the files of a tokenizer say about its special tokens, as text. */
export interface SpecialTokens {
  /** `bos_token`, `eos_token` and the other named ones, where there are any: a chat template may use them all. */
  readonly named: Readonly<Record<string, string>>;
  /** Special tokens without a name of their own (`additional_special_tokens`). */
  readonly extra: readonly string[];
  /** Put a BOS before a text, an EOS after it? null: as the post-processor of tokenizer.json does. */
  readonly addBos: boolean | null;
  readonly addEos: boolean | null;
}

const NAMES = ['bos_token', 'eos_token', 'unk_token', 'sep_token', 'pad_token', 'cls_token', 'mask_token'];

/** What a tokenizer class of transformers takes where the files are silent, from the signatures of their constructors. */
interface TokenizerClass {
  readonly bos: string | null;
  readonly eos: string | null;
  /** Does the class make its own post-processor of `add_bos_token` and `add_eos_token`? With which default for BOS? */
  readonly addBosDefault?: boolean;
}

const LLAMA: TokenizerClass = { bos: '<s>', eos: '</s>', addBosDefault: true };
const GPT2: TokenizerClass = { bos: '<|endoftext|>', eos: '<|endoftext|>' };

const CLASSES: ReadonlyMap<string, TokenizerClass> = new Map([
  ['LlamaTokenizer', LLAMA],
  ['CodeLlamaTokenizer', LLAMA],
  ['GemmaTokenizer', { bos: '<bos>', eos: '<eos>', addBosDefault: true }],
  ['CohereTokenizer', { bos: '<BOS_TOKEN>', eos: '<|END_OF_TURN_TOKEN|>', addBosDefault: true }],
  ['GPTNeoXTokenizer', { ...GPT2, addBosDefault: false }],
  ['GPT2Tokenizer', GPT2],
  ['CodeGenTokenizer', GPT2],
  ['Qwen2Tokenizer', { bos: null, eos: '<|endoftext|>' }],
  ['BloomTokenizer', { bos: '<s>', eos: '</s>' }],
]);

/** The class that transformers takes for a `model_type` where tokenizer_config.json names none. */
const CLASS_OF_MODEL: ReadonlyArray<readonly [RegExp, string]> = [
  [/^(llama|mistral|mixtral|phi3|phimoe|persimmon|deepseek_v[23])$/, 'LlamaTokenizer'],
  [/^gemma/, 'GemmaTokenizer'],
  [/^cohere/, 'CohereTokenizer'],
  [/^(gpt_neox|olmo|olmo2|olmoe|stablelm|mpt|falcon_mamba)$/, 'GPTNeoXTokenizer'],
  [/^(gpt2|gpt_neo|gptj|gpt_bigcode|starcoder2|opt|olmo3|granite)$/, 'GPT2Tokenizer'],
  [/^(codegen|phi)$/, 'CodeGenTokenizer'],
  [/^qwen[23]/, 'Qwen2Tokenizer'],
  [/^bloom$/, 'BloomTokenizer'],
];

type Json = Readonly<Record<string, unknown>>;

/**
 * Read the special tokens as transformers does.
 *
 * `special_tokens_map.json` counts, and before tokenizer_config.json, only where the latter has no `added_tokens_decoder`.
 * A key that says null means that there is no such token; where the key is missing, the tokenizer class has a default.
 *
 * On `add_bos_token`, transformers 4 and 5 differ. In 4 the Llama, Gemma, Cohere and GPT-NeoX classes throw the
 * post-processor of tokenizer.json away and make one of `add_bos_token` and `add_eos_token`; all other classes ignore
 * these two keys. In 5 (5.16) tokenizer.json alone counts, and GPT-NeoX adds nothing. Files that either version saved agree
 * with themselves. Where they do not, an explicit statement wins for the classes that heed it (as in 4); without one the
 * post-processor says it (as in 5), and where that is missing as well, the default of the class (as in 4).
 *
 * @param config tokenizer_config.json, `{}` if there is none
 * @param map special_tokens_map.json
 * @param modelType `model_type` of config.json
 * @param hasPostProcessor has tokenizer.json a post-processor?
 */
export function readSpecialTokens(
  config: Json,
  map: Json | null,
  modelType: string | null,
  hasPostProcessor: boolean,
): SpecialTokens {
  const merged = map && !('added_tokens_decoder' in config) ? { ...config, ...map } : config;
  const tokenizerClass = classOf(config, modelType);
  const defaults: Json = tokenizerClass ? { bos_token: tokenizerClass.bos, eos_token: tokenizerClass.eos } : {};
  const named: Record<string, string> = {};
  for (const name of NAMES) {
    const token = tokenText(name in merged ? merged[name] : defaults[name]);
    if (token !== null) named[name] = token;
  }
  const extra = [...textsOf(merged.additional_special_tokens), ...textsOf(merged.extra_special_tokens)];
  return { named, extra, ...additions(config, tokenizerClass, hasPostProcessor) };
}

function additions(config: Json, tokenizerClass: TokenizerClass | null, hasPostProcessor: boolean) {
  const fallback = tokenizerClass?.addBosDefault;
  if (fallback === undefined) return { addBos: null, addEos: null };
  const silent = hasPostProcessor && fallback;
  return {
    addBos: boolean(config.add_bos_token) ?? (silent ? null : fallback),
    addEos: boolean(config.add_eos_token) ?? (silent ? null : false),
  };
}

function classOf(config: Json, modelType: string | null): TokenizerClass | null {
  const { tokenizer_class: stated } = config;
  const name =
    typeof stated === 'string'
      ? stated.replace(/Fast$/, '')
      : CLASS_OF_MODEL.find(([pattern]) => pattern.test(modelType ?? ''))?.[1];
  return CLASSES.get(name ?? '') ?? null;
}

/** A token is its text, or an object with the text and how it is matched. */
const tokenSchema = z.union([z.string(), z.looseObject({ content: z.string() }).transform(({ content }) => content)]);

function tokenText(value: unknown): string | null {
  return tokenSchema.safeParse(value).data ?? null;
}

/** A list of tokens, or (extra_special_tokens) an object from a name to a token. */
function textsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap((token) => tokenText(token) ?? []);
}

function boolean(value: unknown): boolean | null {
  return typeof value === 'boolean' ? value : null;
}
