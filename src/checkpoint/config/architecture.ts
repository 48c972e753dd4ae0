import { join } from 'node:path';
import { z } from 'zod';
import { readTextInside } from '../../platform/files/resolve-inside.ts';
import { parseJson } from '../../platform/json/parse-json.ts';
import { UserError } from '../../platform/user-error.ts';
import { parsePythonJson } from '../../python/json.ts';
import { withoutNonFinite } from '../../python/python-json.ts';
import { withKinds } from './config-kinds.ts';
import { type MixerSizes, NO_MIXER_SIZES, readMixerSizes } from './mixer-sizes.ts';
import { configOfParams, PARAMS } from './params.ts';

/** Experts in a layer: the largest models have hundreds. */
export const MAX_EXPERTS = 10_000;

/** The values of config.json that are needed to read the weights. */
export interface Architecture {
  readonly modelType: string | null;
  /** The family whose layout the weights have: in a multimodal model, that of its language model. */
  readonly layoutType: string | null;
  /** The model class, `architectures[0]`. */
  readonly name: string | null;
  readonly layers: number | null;
  /** Layers behind these that predict further tokens. */
  readonly furtherLayers: number | null;
  readonly hiddenSize: number | null;
  /** Attention heads. */
  readonly heads: number | null;
  /** As many as attention heads unless the config has another number. */
  readonly keyValueHeads: number | null;
  readonly headDim: number | null;
  /** Falcon: how query, key and value are interleaved in the fused matrix. */
  readonly newDecoderArchitecture: boolean;
  readonly multiQuery: boolean;
  readonly experts: number | null;
  /** Dimensions of each head of multi-head latent attention (DeepSeek); null without it. */
  readonly latent: LatentHeads | null;
  readonly mixer: MixerSizes;
  /** lm_head shares the weights of the embeddings (`tie_word_embeddings`). */
  readonly tied: boolean;
  /** The vision tower of a vision-language model, for the layout of its fused matrices. */
  readonly vision: Pick<Architecture, 'heads' | 'keyValueHeads' | 'hiddenSize'> | null;
}

export interface LatentHeads {
  /** Rotated dimensions of queries and keys, the same for the keys of all heads. */
  readonly rope: number;
  /** The other dimensions of queries and keys. */
  readonly plain: number;
  readonly value: number;
}

export const UNKNOWN_ARCHITECTURE: Architecture = {
  modelType: null,
  layoutType: null,
  name: null,
  layers: null,
  furtherLayers: null,
  hiddenSize: null,
  heads: null,
  keyValueHeads: null,
  headDim: null,
  newDecoderArchitecture: false,
  multiQuery: false,
  experts: null,
  latent: null,
  mixer: NO_MIXER_SIZES,
  tied: false,
  vision: null,
};

const configSchema = z.record(z.string(), z.unknown());
type Config = z.infer<typeof configSchema>;

/**
 * Read `config.json` of a checkpoint directory, or what it would say according to Mistral's params.json.
 * @returns null if there is neither
 * @throws UserError if it is not a JSON object
 */
export async function readConfig(directory: string): Promise<Config | null> {
  const file = join(directory, 'config.json');
  const text = await readTextInside(file);
  return text === null ? readParams(directory) : parseConfig(text, file);
}

async function readParams(directory: string): Promise<Config | null> {
  const file = join(directory, PARAMS);
  const text = await readTextInside(file);
  return text === null ? null : configOfParams(parseJsonObject(text, file), file);
}

/**
 * An object of a JSON file, as Python reads it: NaN and Infinity are numbers.
 * @throws UserError naming the file if the text is not a JSON object
 */
export function parseJsonObject(text: string, file: string): Config {
  const finite = withoutNonFinite(text);
  const json = parseJson(finite, { name: file, hint: 'restore the file' });
  const parsed = configSchema.safeParse(json);
  if (!parsed.success || Array.isArray(json)) throw new UserError(`${file} is not a JSON object`, 'restore the file');
  return finite === text ? parsed.data : (withKinds(parsePythonJson(text)) as Config);
}

/** The same for config.json, whose readers can ask how a number is written: see `kindIn`. */
function parseConfig(text: string, file: string): Config {
  parseJsonObject(text, file);
  return withKinds(parsePythonJson(text)) as Config;
}

/** Keys that different families use for the same number. */
const HEADS = ['num_attention_heads', 'n_head', 'n_heads', 'num_heads'];
const HIDDEN = ['hidden_size', 'n_embd', 'd_model', 'embed_dim'];
const LAYERS = ['num_hidden_layers', 'n_layer', 'n_layers', 'num_layers', 'depth'];
// The last is ChatGLM's.
const KEY_VALUE_HEADS = ['num_key_value_heads', 'num_kv_heads', 'n_head_kv', 'multi_query_group_num'];
const EXPERTS = ['num_local_experts', 'num_experts', 'n_routed_experts', 'moe_num_experts'];

/** Configs in the layout of vision-language models keep the language model's numbers one level down. */
export function describeArchitecture(config: Config): Architecture {
  const text = section(config, 'text_config') ?? section(config, 'llm_config') ?? config;
  const vision = section(config, 'vision_config');
  const pick = (names: readonly string[]) => integer(text, names) ?? integer(config, names);
  const heads = pick(HEADS);
  return {
    modelType: string(config.model_type),
    layoutType: string(text.model_type) ?? string(config.model_type),
    name: Array.isArray(config.architectures) ? string(config.architectures[0]) : null,
    layers: pick(LAYERS),
    furtherLayers: pick(['num_nextn_predict_layers']),
    hiddenSize: pick(HIDDEN),
    heads,
    keyValueHeads: pick(KEY_VALUE_HEADS) ?? nestedKeyValueHeads(text) ?? heads,
    headDim: pick(['head_dim']),
    newDecoderArchitecture: text.new_decoder_architecture === true,
    // Falcon's own default is multi-query; GPT-BigCode's is too.
    multiQuery: text.multi_query !== false,
    experts: pick(EXPERTS) ?? nestedExperts(text),
    latent: latentHeads(text),
    mixer: readMixerSizes(pick, { isMamba2: text.model_type === 'mamba2' }),
    tied: config.tie_word_embeddings === true,
    vision: vision ? describeVision(vision) : null,
  };
}

function describeVision(config: Config): Architecture['vision'] {
  const heads = integer(config, HEADS);
  return {
    heads,
    keyValueHeads: integer(config, KEY_VALUE_HEADS) ?? heads,
    hiddenSize: integer(config, HIDDEN),
  };
}

function latentHeads(config: Config): LatentHeads | null {
  const [rope, plain, value] = ['qk_rope_head_dim', 'qk_nope_head_dim', 'v_head_dim'].map((key) =>
    integer(config, [key]),
  );
  return rope && plain && value ? { rope, plain, value } : null;
}

/** DBRX has it under attn_config. */
function nestedKeyValueHeads(config: Config): number | null {
  const attention = section(config, 'attn_config');
  return attention ? integer(attention, ['kv_n_heads']) : null;
}

/** DBRX has them under ffn_config. */
function nestedExperts(config: Config): number | null {
  const mlp = section(config, 'ffn_config');
  return mlp ? integer(mlp, EXPERTS) : null;
}

function section(config: Config, key: string): Config | null {
  const parsed = configSchema.safeParse(config[key]);
  return parsed.success ? parsed.data : null;
}

function integer(config: Config, names: readonly string[]): number | null {
  for (const name of names) {
    const value = config[name];
    if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  }
  return null;
}

function string(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
