import type { GgufModel } from '../model.ts';
import type { GgufArchitecture } from './architecture.ts';
import { decimal, headDim, present, rmsSizes } from './common.ts';
import { rope, ropeByType } from './rope.ts';
import { plusOne } from './rules.ts';

const NORMS = { output_norm: plusOne, attn_norm: plusOne, ffn_norm: plusOne };

const BOTH_NORMS = { ...NORMS, post_attention_norm: plusOne, post_ffw_norm: plusOne };

const GEMMA2_27B_LAYERS = 46;
const GEMMA3_27B_LAYERS = 62;

export function softcap(model: GgufModel, key: string): Record<string, unknown> {
  const value = decimal(model, key);
  return { [key]: value === 0 ? null : value };
}

/** llama.cpp's default base for layers with a window. */
const LOCAL_THETA = 10_000;
/** llama.cpp's default: one of so many layers has no window. */
const PATTERN = 6;

/** The type of each layer. The file has a list, or a period: the last layer of each group has no window. */
export function windows(model: GgufModel, otherwise: number, hasWindows = true): string[] {
  const key = 'attention.sliding_window_pattern';
  const isList = model.metadata.get(`${model.architecture}.${key}`)?.type === 'array';
  const list = isList ? model.booleans(key) : null;
  const period = isList ? otherwise : (model.number(key) ?? otherwise);
  return Array.from({ length: model.layers }, (_, i) => {
    const slides = hasWindows && (list?.[i] ?? (i + 1) % period !== 0);
    return slides ? 'sliding_attention' : 'full_attention';
  });
}

export const GEMMA: readonly GgufArchitecture[] = [
  {
    name: 'gemma',
    changes: NORMS,
    config: (model) => ({ model_type: 'gemma', ...rmsSizes(model), ...headDim(model), ...rope(model) }),
  },
  {
    name: 'gemma2',
    changes: BOTH_NORMS,
    config: (model) => ({
      model_type: 'gemma2',
      ...rmsSizes(model),
      ...headDim(model),
      ...rope(model),
      ...present('sliding_window', model.number('attention.sliding_window')),
      ...softcap(model, 'attn_logit_softcapping'),
      ...softcap(model, 'final_logit_softcapping'),
      // As in llama.cpp: the 27B model divides the model's dimensions by the heads.
      query_pre_attn_scalar:
        model.layers === GEMMA2_27B_LAYERS
          ? model.required('embedding_length') / model.required('attention.head_count')
          : model.required('attention.key_length'),
    }),
  },
  {
    name: 'gemma3',
    changes: { ...BOTH_NORMS, attn_q_norm: plusOne, attn_k_norm: plusOne },
    config: (model) => {
      const window = model.number('attention.sliding_window');
      return {
        model_type: 'gemma3_text',
        ...rmsSizes(model),
        ...headDim(model),
        ...ropeByType(model, LOCAL_THETA),
        ...present('sliding_window', window),
        layer_types: windows(model, PATTERN, window !== null && window !== 0),
        ...softcap(model, 'final_logit_softcapping'),
        query_pre_attn_scalar:
          model.layers === GEMMA3_27B_LAYERS
            ? model.required('embedding_length') / model.required('attention.head_count')
            : model.required('attention.key_length'),
      };
    },
  },
];
