import type { GgufArchitecture } from './architecture.ts';
import { headDim, LLAMA_LAYER, rmsSizes, WHOLE } from './common.ts';
import { expectWholeHeads, rope } from './rope.ts';

/** Qwen 2 and 2.5, also of the vision-language models with their text alone. */
export const qwen2: GgufArchitecture = {
  name: 'qwen2',
  whole: WHOLE,
  layer: LLAMA_LAYER,
  spare: ['rope_freqs.weight'],
  config: (model) => {
    expectWholeHeads(model);
    return { model_type: 'qwen2', ...rmsSizes(model), ...headDim(model), ...rope(model) };
  },
};

export const qwen3: GgufArchitecture = {
  name: 'qwen3',
  whole: WHOLE,
  layer: LLAMA_LAYER,
  spare: ['rope_freqs.weight'],
  config: (model) => {
    expectWholeHeads(model);
    const bias = model.someLayerHas('attn_q.bias') || model.someLayerHas('attn_qkv.bias');
    return { model_type: 'qwen3', ...rmsSizes(model), ...headDim(model), ...rope(model), attention_bias: bias };
  },
};
