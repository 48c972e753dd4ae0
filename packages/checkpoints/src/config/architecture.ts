import { join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import type { FolderFiles } from '@shadow-gate/platform/files';
import { parseJson, withoutNonFinite } from '@shadow-gate/platform/json';
import { parsePythonJson } from '@shadow-gate/python';
import { z } from 'zod';
import { withNumberKinds } from './config-kinds.ts';
import { configOfParams, PARAMS_FILE } from './params.ts';

/** Experts in a layer: the largest models have hundreds. */
export const MAX_EXPERTS = 10_000;

export interface Architecture {
  readonly modelType: string | null;
  /** The family that decides the layout of the weights: in a multimodal model, that of its language model. */
  readonly layoutType: string | null;
  /** The model class, `architectures[0]`. */
  readonly name: string | null;
  readonly layers: number | null;
  /** Layers behind these that predict further tokens. */
  readonly furtherLayers: number | null;
  readonly hiddenSize: number | null;
  readonly heads: number | null;
  /** By default, the number of attention heads. */
  readonly keyValueHeads: number | null;
  readonly headDim: number | null;
  /** Falcon: how query, key and value are interleaved in the fused matrix. */
  readonly newDecoderArchitecture: boolean;
  readonly multiQuery: boolean;
  readonly experts: number | null;
  /** Dimensions of each head of multi-head latent attention (DeepSeek); null without it. */
  readonly latent: LatentHeads | null;
  readonly mixer: ReturnType<typeof mixerSizes>;
  /** lm_head shares the weights of the embeddings (`tie_word_embeddings`). */
  readonly tied: boolean;
  readonly vision: Pick<Architecture, 'heads' | 'keyValueHeads' | 'hiddenSize'> | null;
}

interface LatentHeads {
  /** Rotated dimensions of queries and keys, the same for the keys of all heads. */
  readonly rope: number;
  /** The other dimensions of queries and keys. */
  readonly plain: number;
  readonly value: number;
}

const configSchema = z.record(z.string(), z.unknown());
type Config = z.infer<typeof configSchema>;

/** config.json, or one made from Mistral's params.json; null without both. @throws UserError for invalid JSON */
export async function readConfig(folder: FolderFiles): Promise<Config | null> {
  const text = await folder.text('config.json');
  if (text !== null) {
    parseFiniteObject(text, join(folder.path, 'config.json'));
    return withNumberKinds(parsePythonJson(text)) as Config;
  }
  const params = await folder.text(PARAMS_FILE);
  const file = join(folder.path, PARAMS_FILE);
  return params === null ? null : configOfParams(parseJsonObject(params, file), file);
}

/** A JSON object as Python reads it, with NaN and Infinity. @throws UserError naming the file for any other text */
export function parseJsonObject(text: string, file: string): Config {
  return parseFiniteObject(text, file) ?? (withNumberKinds(parsePythonJson(text)) as Config);
}

/** @returns null if numbers are not finite @throws UserError unless the text is a JSON object otherwise */
function parseFiniteObject(text: string, file: string): Config | null {
  const finite = withoutNonFinite(text);
  const json = parseJson(finite, { name: file, hint: 'restore the file' });
  const parsed = configSchema.safeParse(json);
  if (!parsed.success || Array.isArray(json)) throw new UserError(`${file} is not a JSON object`, 'restore the file');
  return finite === text ? parsed.data : null;
}

const HEADS = ['num_attention_heads', 'n_head', 'n_heads', 'num_heads'];
const HIDDEN = ['hidden_size', 'n_embd', 'n_embed', 'd_model', 'embed_dim'];
const LAYERS = ['num_hidden_layers', 'n_layer', 'n_layers', 'num_layers', 'depth'];
// The last is ChatGLM's.
const KEY_VALUE_HEADS = ['num_key_value_heads', 'num_kv_heads', 'n_head_kv', 'multi_query_group_num'];
const EXPERTS = ['num_local_experts', 'num_experts', 'n_routed_experts', 'moe_num_experts'];

/** Vision-language models keep the language model's numbers one level down. */
export function describeArchitecture(config: Config): Architecture {
  const text = section(config, 'text_config') ?? section(config, 'llm_config') ?? config;
  const vision = section(config, 'vision_config');
  const pick = (...names: readonly string[]) => integer(text, names) ?? integer(config, names);
  // DBRX has sections for attention and MLP.
  const nested = (key: string, names: readonly string[]) => integer(section(text, key) ?? {}, names);
  const heads = pick(...HEADS);
  // Falcon's own default is multi-query; GPT-BigCode's is too.
  const multiQuery = text.multi_query !== false;
  const keyValueHeads = multiQuery && text.model_type === 'gpt_bigcode' ? 1 : heads;
  return {
    modelType: string(config.model_type),
    layoutType: string(text.model_type) ?? string(config.model_type),
    name: Array.isArray(config.architectures) ? string(config.architectures[0]) : null,
    layers: pick(...LAYERS),
    furtherLayers: pick('num_nextn_predict_layers'),
    hiddenSize: pick(...HIDDEN),
    heads,
    keyValueHeads: pick(...KEY_VALUE_HEADS) ?? nested('attn_config', ['kv_n_heads']) ?? keyValueHeads,
    headDim: pick('head_dim'),
    newDecoderArchitecture: text.new_decoder_architecture === true,
    multiQuery,
    experts: pick(...EXPERTS) ?? nested('ffn_config', EXPERTS),
    latent: latentHeads(text),
    mixer: mixerSizes(pick, { isMamba2: text.model_type === 'mamba2' }),
    tied: config.tie_word_embeddings === true,
    vision: vision && describeVision(vision),
  };
}

export const UNKNOWN_ARCHITECTURE: Architecture = { ...describeArchitecture({}), multiQuery: false };

function describeVision(config: Config): Architecture['vision'] {
  const heads = integer(config, HEADS);
  return { heads, keyValueHeads: integer(config, KEY_VALUE_HEADS) ?? heads, hiddenSize: integer(config, HIDDEN) };
}

function latentHeads(config: Config): LatentHeads | null {
  const [rope, plain, value] = ['qk_rope_head_dim', 'qk_nope_head_dim', 'v_head_dim'].map((key) =>
    integer(config, [key]),
  );
  return rope && plain && value ? { rope, plain, value } : null;
}

/** Sizes that only some mixers have. */
function mixerSizes(pick: (...keys: readonly string[]) => number | null, { isMamba2 }: { readonly isMamba2: boolean }) {
  return {
    /** Heads of linear attention, and the size of one. */
    linear: {
      keyHeads: pick('linear_num_key_heads'),
      valueHeads: pick('linear_num_value_heads'),
      keyDim: pick('linear_key_head_dim'),
      valueDim: pick('linear_value_head_dim'),
    },
    /** Mamba-2: heads and their size. Mamba-1: rank of the time step, and numbers of a channel's state. */
    mamba: {
      // Granite's names, those of Nemotron-H and Zamba 2, and those of Mamba-2 itself, which has no other heads.
      heads: pick('mamba_n_heads', 'mamba_num_heads', 'n_mamba_heads', ...(isMamba2 ? ['num_heads'] : [])),
      headDim: pick('mamba_d_head', 'mamba_head_dim', 'mamba_headdim', ...(isMamba2 ? ['head_dim'] : [])),
      rank: pick('time_step_rank', 'mamba_dt_rank'),
      state: pick('state_size', 'mamba_d_state'),
    },
  };
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
