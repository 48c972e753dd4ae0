import { z } from 'zod';

/** The special tokens in the files of a tokenizer, as text. */
export interface SpecialTokens {
  /** `bos_token`, `eos_token` and the other named ones, all of which a chat template can use. */
  readonly named: Readonly<Record<string, string>>;
  /** Special tokens without a name of their own (`additional_special_tokens`). */
  readonly extra: readonly string[];
  /** Add a BOS before a text, an EOS after it; null to do what the post-processor of tokenizer.json does. */
  readonly addBos: boolean | null;
  readonly addEos: boolean | null;
}

const NAMES = ['bos_token', 'eos_token', 'unk_token', 'sep_token', 'pad_token', 'cls_token', 'mask_token'];

/** Defaults of a tokenizer class in transformers, from the signatures of the constructors. */
interface TokenizerClass {
  readonly bos: string | null;
  readonly eos: string | null;
  /** Default of `add_bos_token`, in classes that build their own post-processor from it and `add_eos_token`. */
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

/** The class that transformers uses for a `model_type` if tokenizer_config.json names none. */
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
 * `special_tokens_map.json` is used, with priority over tokenizer_config.json, only if the latter has no
 * `added_tokens_decoder`. A key with the value null means that there is no such token; for a missing key the tokenizer
 * class has a default.
 *
 * transformers 4 and 5 differ in `add_bos_token`. In 4 the Llama, Gemma, Cohere and GPT-NeoX classes replace the
 * post-processor of tokenizer.json by one built from `add_bos_token` and `add_eos_token`; all other classes ignore
 * these two keys. In 5 (5.16) only tokenizer.json is used, and GPT-NeoX adds nothing. Files that one version saved are
 * consistent. In others, an explicit value has priority in the classes that use it (as in 4); without one the
 * post-processor decides (as in 5), and without a post-processor the default of the class (as in 4).
 */
export function readSpecialTokens(
  /** tokenizer_config.json, `{}` if there is none. */
  config: Json,
  {
    map,
    modelType,
    hasPostProcessor,
  }: {
    /** special_tokens_map.json. */
    readonly map: Json | null;
    /** `model_type` of config.json. */
    readonly modelType: string | null;
    /** Does tokenizer.json have a post-processor? */
    readonly hasPostProcessor: boolean;
  },
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
  return { named, extra, ...additions(config, tokenizerClass, { hasPostProcessor }) };
}

function additions(
  config: Json,
  tokenizerClass: TokenizerClass | null,
  { hasPostProcessor }: { readonly hasPostProcessor: boolean },
) {
  const fallback = tokenizerClass?.addBosDefault;
  if (fallback === undefined) return { addBos: null, addEos: null };
  const byPostProcessor = hasPostProcessor && fallback;
  return {
    addBos: boolean(config.add_bos_token) ?? (byPostProcessor ? null : fallback),
    addEos: boolean(config.add_eos_token) ?? (byPostProcessor ? null : false),
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

/** A token is a text, or an object with the text and rules of how to match it. */
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
