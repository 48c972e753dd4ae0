type Values = Readonly<Record<string, unknown>>;

/** The text half of a vision-language checkpoint: which family's config it is, and its values. */
export interface TextHalf {
  readonly modelType: string;
  readonly values: Values;
}

interface VisionLanguage {
  readonly modelType: string;
  /** Family of the text half where its config does not say. */
  readonly text: string;
  /** What this class assumes of its text half, before the family's own defaults. */
  readonly assumes: Values;
  /** What this class does, whatever the text half's config says. */
  readonly overrides: Values;
}

/** Checkpoints whose text half runs, for text-only inputs. */
export const VISION_LANGUAGE: readonly VisionLanguage[] = [
  { modelType: 'llava', text: 'llama', assumes: {}, overrides: {} },
  { modelType: 'qwen2_5_vl', text: 'qwen2_5_vl_text', assumes: {}, overrides: {} },
  // This class leaves out the cap that its text-only sister applies.
  { modelType: 'gemma3', text: 'gemma3_text', assumes: {}, overrides: { final_logit_softcapping: null } },
  { modelType: 'idefics3', text: 'llama', assumes: { rms_norm_eps: 1e-5 }, overrides: {} },
];

/** Keys of the other half, where both halves' keys lie side by side (Qwen2.5-VL on the hub). */
const OTHER_HALF = /^(vision|image|video|vit|visual)_|^(tokens_per_second|spatial_merge_size)$/;

/**
 * The text half of a vision-language config.
 * @returns null for a model type that is not one of them
 */
export function textHalf(modelType: string, values: Values): TextHalf | null {
  const kind = VISION_LANGUAGE.find((item) => item.modelType === modelType);
  if (!kind) return null;
  const nested = values.text_config;
  const hasNested = typeof nested === 'object' && nested !== null && !Array.isArray(nested);
  // An absent text_config is the class's default one; only then do its assumptions count.
  const beside = Object.fromEntries(Object.entries(values).filter(([key]) => !OTHER_HALF.test(key)));
  const text: Values = hasNested ? (nested as Values) : { ...kind.assumes, ...beside };
  const written = hasNested && typeof text.model_type === 'string' ? text.model_type : kind.text;
  // As a text half it is always Mistral, which has no kinds of layers; alone it would be taken for Ministral.
  const { layer_types: kinds, ...withoutKinds } = text;
  // Either config may say that the output layer is the embeddings again.
  const isTied = values.tie_word_embeddings === true || text.tie_word_embeddings === true;
  return {
    // Qwen2.5-VL's text half was saved under the name of the whole for a while.
    modelType: written === modelType ? kind.text : written,
    values: {
      ...(written === 'mistral' ? withoutKinds : { ...withoutKinds, layer_types: kinds ?? null }),
      ...kind.overrides,
      ...(isTied ? { tie_word_embeddings: true } : {}),
    },
  };
}
