import { isObject } from '@shadow-gate/platform/json';
import type { ConfigKeys } from './key-types.ts';

type Values = Readonly<Record<string, unknown>>;

/** The text model's config in a vision-language checkpoint. */
interface TextConfig {
  readonly modelType: string;
  readonly values: Values;
  readonly hasPlainHead: boolean;
}

interface VisionLanguage {
  readonly modelType: string;
  /** Family of the text model, unless its config names one. */
  readonly text: string;
  /** This class's defaults for its text model, which have priority over the family's. */
  readonly assumes?: Values;
  /** Values of this class, whatever the text model's config says. */
  readonly overrides?: Values;
  /** Does it tie the output layer to the embeddings by default? */
  readonly tied?: boolean;
  /** The config whose `tie_word_embeddings` counts; that of the whole if missing. */
  readonly tiedBy?: 'text' | 'either';
  /** Another name of the key, which has priority; the text model's is then ignored. */
  readonly tiedAlias?: string;
  /** Does it take any text model, and add a plain output layer? */
  readonly hasPlainHead?: boolean;
  readonly keys?: ConfigKeys;
}

/** Keys that can be null in Gemma's classes. */
const GEMMA_KEYS: ConfigKeys = { nullable: 'image_token_id initializer_range tie_word_embeddings' };
const GEMMA_4_KEYS: ConfigKeys = { nullable: 'image_token_id initializer_range video_token_id' };

/** Defaults of Mistral Small 3.1's class. */
const MISTRAL_SMALL: Values = {
  head_dim: 128,
  hidden_size: 5120,
  intermediate_size: 32768,
  num_hidden_layers: 40,
  rms_norm_eps: 1e-5,
  rope_theta: 1e9,
  sliding_window: null,
  vocab_size: 131072,
};

/**
 * Vision-language checkpoints that run on text alone. The config that ties the output layer was found by trying
 * transformers 5.24 without a tensor for it.
 */
export const VISION_LANGUAGE: readonly VisionLanguage[] = [
  { modelType: 'llava', text: 'llama', tiedBy: 'either', hasPlainHead: true },
  { modelType: 'llava_next', text: 'llama', hasPlainHead: true },
  { modelType: 'llava_onevision', text: 'qwen2', tiedBy: 'either', hasPlainHead: true },
  { modelType: 'internvl', text: 'qwen2', tied: true, hasPlainHead: true },
  { modelType: 'qwen2_vl', text: 'qwen2_vl_text', tiedBy: 'either' },
  { modelType: 'qwen2_5_vl', text: 'qwen2_5_vl_text', tiedBy: 'either' },
  { modelType: 'qwen3_vl', text: 'qwen3_vl_text' },
  { modelType: 'qwen3_vl_moe', text: 'qwen3_vl_moe_text' },
  // This class does not apply the softcap of the text-only class.
  {
    modelType: 'gemma3',
    text: 'gemma3_text',
    overrides: { final_logit_softcapping: null },
    tied: true,
    keys: GEMMA_KEYS,
  },
  { modelType: 'gemma3n', text: 'gemma3n_text', tied: true, keys: GEMMA_KEYS },
  { modelType: 'gemma4', text: 'gemma4_text', tied: true, keys: GEMMA_4_KEYS },
  { modelType: 'gemma4_unified', text: 'gemma4_unified_text', tied: true, keys: GEMMA_4_KEYS },
  { modelType: 'qwen3_5', text: 'qwen3_5_text' },
  { modelType: 'qwen3_5_moe', text: 'qwen3_5_moe_text' },
  { modelType: 'qwen4_exp', text: 'qwen4_exp_text' },
  { modelType: 'lfm2_vl', text: 'lfm2', tied: true, tiedAlias: 'tie_embedding', hasPlainHead: true },
  { modelType: 'idefics3', text: 'llama', assumes: { rms_norm_eps: 1e-5 }, hasPlainHead: true },
  { modelType: 'smolvlm', text: 'llama', assumes: { rms_norm_eps: 1e-5 }, hasPlainHead: true },
  { modelType: 'llama4', text: 'llama4_text', tiedBy: 'text' },
  { modelType: 'lfm3_vl', text: 'lfm3', tied: true },
  { modelType: 'mistral3', text: 'mistral', assumes: MISTRAL_SMALL, tied: true, hasPlainHead: true },
];

/** Models that are not left-to-right decoders of text, and why. */
export const NO_DECODERS: Readonly<Record<string, string>> = {
  // transformers' own attention kernels disagree about text without images: eager is causal, sdpa sees the whole text.
  paligemma: 'it reads its prompt in both directions, and only causal attention is supported',
};

/** Keys of the vision model in configs that mix the keys of both models (Qwen2.5-VL on the Hub). */
const VISION_KEY = /^(vision|image|video|vit|visual)_|^(tokens_per_second|spatial_merge_size)$/;

/** The text model's config, or null for a model type that is not a vision-language one. */
export function findTextConfig(modelType: string, values: Values): TextConfig | null {
  const kind = VISION_LANGUAGE.find((item) => item.modelType === modelType);
  if (!kind) return null;
  const nested = values.text_config;
  const hasNested = isObject(nested);
  // The class's defaults apply only to a missing text_config.
  const beside = Object.fromEntries(Object.entries(values).filter(([key]) => !VISION_KEY.test(key)));
  const text: Values = hasNested ? nested : { ...kind.assumes, ...beside };
  const written = hasNested && typeof text.model_type === 'string' ? text.model_type : kind.text;
  // Here `mistral` is always Mistral, which has no layer types; alone it could be Ministral.
  const { layer_types: layerTypes, ...withoutLayerTypes } = withoutKey(text, kind.tiedAlias);
  const { tie_word_embeddings: ofWhole = kind.tied ?? false } = values;
  const { [kind.tiedAlias ?? 'tie_word_embeddings']: tied = ofWhole } = values;
  const isTied = kind.tiedBy === 'either' && text.tie_word_embeddings === true ? true : tied;
  return {
    // For a while, Qwen2.5-VL's text model was saved with the model type of the whole.
    modelType: written === modelType ? kind.text : written,
    hasPlainHead: kind.hasPlainHead ?? false,
    values: {
      ...(written === 'mistral' ? withoutLayerTypes : { ...withoutLayerTypes, layer_types: layerTypes ?? null }),
      ...kind.overrides,
      ...(kind.tiedBy === 'text' ? {} : { tie_word_embeddings: isTied ?? false }),
    },
  };
}

function withoutKey(values: Values, key: string | undefined): Values {
  return Object.fromEntries(Object.entries(values).filter(([name]) => name !== key));
}
