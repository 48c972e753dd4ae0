import { describeDecoder } from '@shadow-gate/language-model';
import { UserError } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { readJson } from '../../../../../test/fixtures.ts';
import { languageModel } from '../../../../../test/language-models.ts';
import { attentionMixers } from '../../../src/architectures/decoder.ts';
import { checkpointOf } from '../checkpoint-of.ts';

const configOf = (name: string) => readJson<Record<string, unknown>>(`${languageModel(name)}/config.json`);

/** What a fixture's config.json with other values is refused for. */
const REFUSED: ReadonlyArray<[folder: string, changes: Record<string, unknown>, message: RegExp]> = [
  ['qwen2-moe-v5', { layer_types: ['sliding_attention', 'full_attention'] }, /layer_types has layers with a window/],
  ['qwen2-moe', { num_experts_per_tok: 6 }, /num_experts_per_tok is 6, and can be at most 5/],
  ['gpt-oss', { quantization_config: { quant_method: 'mxfp4' } }, /mxfp4/i],
  ['gpt-oss', { layer_types: ['full_attention'] }, /layer_types has 1 entries for 3 layers/],
  ['gpt-oss', { swiglu_limit: 0 }, /swiglu_limit is 0/],
  ['deepseek-v3', { num_key_value_heads: 2 }, /2 key-value heads for 4 heads of latent attention/],
  ['deepseek-v3', { scoring_func: 'softmax' }, /scoring_func is "softmax": only a sigmoid for each expert/],
  ['deepseek-v3', { topk_method: 'greedy' }, /topk_method is "greedy": only a choice with a correction/],
  ['deepseek-v3', { moe_layer_freq: 2 }, /moe_layer_freq is 2/],
  ['deepseek-v3', { n_group: 4 }, /6 experts are not 4 groups of one size/],
  ['deepseek-v3', { n_group: 6, topk_group: 2 }, /groups of 1 experts have no best two/],
  ['deepseek-v3', { topk_group: 1, num_experts_per_tok: 3 }, /1 of 3 groups have 2 experts, and a token needs 3/],
  [
    'deepseek-v2',
    { topk_method: 'noaux_tc' },
    /topk_method is "noaux_tc", which is not supported: deepseek_v2 has "greedy", "group_limited_greedy"/,
  ],
  ['deepseek-v4', { num_key_value_heads: 2 }, /2 key-value heads: this family has one/],
  ['deepseek-v4', { scoring_func: 'softmax' }, /scoring_func is "softmax", .*"sqrtsoftplus", "sigmoid"/],
  ['deepseek-v4', { n_shared_experts: 2 }, /n_shared_experts is 2: only that of DeepSeek-V4/],
  ['deepseek-v4', { norm_topk_prob: false }, /norm_topk_prob is false: only that of DeepSeek-V4/],
  ['deepseek-v4', { hidden_act: 'gelu' }, /hidden_act is "gelu": only that of DeepSeek-V4/],
  ['deepseek-v4', { compress_ratios: [0, 4] }, /compress_ratios has 2 entries for 3 layers/],
  [
    'deepseek-v4',
    { compress_ratios: [0, 4, 6] },
    /compress_ratios\[2\] is 6, which is not supported: .*"0", "4", "128"/,
  ],
  ['deepseek-v4', { compress_rate_hca: 0 }, /the rate of heavily_compressed_attention is 0, not a positive integer/],
  ['deepseek-v4', { qk_rope_head_dim: 6, index_head_dim: 4 }, /index_head_dim is 4, and 6 dimensions are rotated/],
  ['deepseek-v4', { partial_rotary_factor: 0.25 }, /qk_rope_head_dim is 4, and partial_rotary_factor 0.25 of 8/],
  ['deepseek-v4', { o_groups: 3 }, /32 values are not 3 groups of one size/],
  ['deepseek-v4', { hc_mult: 0 }, /hc_mult is 0, not a positive integer/],
  [
    'deepseek-v4',
    { rope_scaling: { type: 'longrope', factor: 4, short_factor: [1, 1], long_factor: [2, 2] } },
    /rope_type "longrope" is not supported in this family/,
  ],
  ['deepseek-v4-v5', { layer_types: Array(3).fill('full_attention') }, /layer_types\[0\] is "full_attention"/],
  ['deepseek-v4-v5', { mlp_layer_types: ['moe', 'dense', 'moe'] }, /mlp_layer_types\[1\] is "dense", .*"hash_moe"/],
  ['deepseek-v4-v5', { compress_rates: { sliding_attention: 4 } }, /a key of compress_rates is "sliding_attention"/],
  ['glm4-moe-lite', { partial_rotary_factor: 0.5 }, /this family rotates whole heads/],
  ['glm4-moe-lite-v5', { mlp_layer_types: ['sparse', 'dense'] }, /mlp_layer_types has 2 entries for 3 layers/],
  [
    'glm4-moe-lite-v5',
    { mlp_layer_types: ['sparse', 'dense', 'moe'] },
    /an entry of mlp_layer_types is "moe", which is not supported: \w+ has "dense", "sparse"/,
  ],
  ['mistral4', { partial_rotary_factor: 0.6 }, /partial_rotary_factor gives 6 dimensions, and qk_rope_head_dim is 4/],
  ['minimax-m2', { scoring_func: 'softmax' }, /scoring_func is "softmax": only that of MiniMax-M2/],
  ['minimax-m2', { attn_type_list: [0, 1] }, /attn_type_list has layers without full attention/],
  [
    'minimax-m2',
    { shared_intermediate_size: 16 },
    /"shared_intermediate_size": 16 may change what minimax_m2 computes/,
  ],
  ['afmoe', { score_func: 'softmax' }, /score_func is "softmax": only a sigmoid for each expert/],
  ['afmoe', { route_norm: false }, /route_norm is false: weights of experts are divided by their sum/],
  ['afmoe', { num_expert_groups: 5 }, /num_expert_groups is 5: experts are not in groups/],
  ['afmoe', { num_shared_experts: 0 }, /num_shared_experts is 0, not a positive integer/],
  ['afmoe', { sliding_window: null }, /sliding_window is null, and there are layers with a window/],
  ['afmoe-v5', { layer_types: ['full_attention'] }, /layer_types has 1 entries for 2 layers/],
  ['granite-moe', { num_local_experts: 0 }, /num_local_experts is 0, not a positive integer/],
  ['granite-moe', { logits_scaling: 0 }, /logits_scaling is 0, and must be positive/],
  [
    'granite-moe',
    { shared_intermediate_size: 20 },
    /"shared_intermediate_size": 20 may change what granitemoe computes/,
  ],
  ['granite-shared', { num_experts_per_tok: 5 }, /num_experts_per_tok is 5, and can be at most 4/],
  [
    'granite-shared',
    { position_embedding_type: 'nope' },
    /"position_embedding_type": "nope" may change what granitemoeshared/,
  ],
  ['hunyuan-moe', { moe_topk: [2] }, /moe_topk has 1 entries for 2 layers/],
  ['hunyuan-moe', { moe_topk: [2, 6] }, /moe_topk has 6, and there are 5 experts/],
  ['hunyuan-moe', { moe_topk: [0, 2] }, /moe_topk has 0, and there are 5 experts/],
  ['hunyuan-moe', { moe_intermediate_size: [8, 16] }, /moe_intermediate_size has 16: only 8 in every layer/],
  ['hunyuan-moe', { num_shared_expert: 2 }, /num_shared_expert has 2: only 1 in every layer/],
  ['hunyuan-moe', { norm_topk_prob: false }, /norm_topk_prob is false: weights of experts are divided by their sum/],
  ['hunyuan-moe', { use_mixed_mlp_moe: false }, /use_mixed_mlp_moe is false: every layer has an MLP/],
  ['hunyuan-moe', { moe_layer_num_skipped: 1 }, /"moe_layer_num_skipped": 1 may change what hunyuan_v1_moe/],
  ['hunyuan-moe', { use_cla: true }, /"use_cla": true may change what hunyuan_v1_moe computes/],
  ['olmoe', { clip_qkv: 0 }, /clip_qkv is 0, and must be positive/],
  ['olmoe', { head_dim: 8 }, /head_dim is 8: its norms are those of 4 heads of 4/],
  ['olmoe', { sliding_window: 5 }, /"sliding_window": 5 may change what olmoe computes/],
  ['olmoe-v5', { num_experts_per_tok: 6 }, /num_experts_per_tok is 6, and can be at most 5/],
  ['phimoe', { num_experts_per_tok: 3 }, /num_experts_per_tok is 3: only 2 is supported/],
  ['phimoe', { rope_scaling: { type: 'linear', factor: 2 } }, /only rotary parameters of type "longrope"/],
  ['llama4-text', { no_rope_layers: [1, 0] }, /no_rope_layers has 2 entries for 4 layers/],
  ['llama4-text', { no_rope_layers: [1, 0, 2, 1] }, /no_rope_layers has 2, neither 0 nor 1/],
  ['llama4-text-v5', { attention_chunk_size: null }, /layer_types has chunked_attention, and attention_chunk_size/],
  [
    'llama4-text-v5',
    { layer_types: Array(3).fill('sliding_attention') },
    /layer_types\[0\] is "sliding_attention", which is not supported: llama4_text has/,
  ],
];

describe('a mixture of experts', () => {
  it.each(REFUSED)('%s with %j is refused by name', (folder, changes, message) => {
    const config = configOf(folder);
    expect(() => describeDecoder(checkpointOf(config))).not.toThrow();
    const run = () => describeDecoder(checkpointOf({ ...config, ...changes }));
    expect(run).toThrow(UserError);
    expect(run).toThrow(message);
  });

  it('AFMoE has positions in the layers with a window', () => {
    const { layers } = describeDecoder(checkpointOf({ ...configOf('afmoe'), layer_types: null, num_hidden_layers: 4 }));
    expect(attentionMixers({ layers }).map(({ rope, window }) => [rope !== null, window])).toEqual([
      [true, 5],
      [false, null],
      [true, 5],
      [false, null],
    ]);
  });

  it("Llama 4's layers without positions have the temperature", () => {
    const temperatures = (value: unknown) => {
      const { layers } = describeDecoder(checkpointOf({ ...configOf('llama4-text'), attn_temperature_tuning: value }));
      return attentionMixers({ layers }).map(({ temperature }) => temperature);
    };
    expect(temperatures(true)).toEqual([
      null,
      { scale: 0.4, length: 7, offset: 1 },
      null,
      { scale: 0.4, length: 7, offset: 1 },
    ]);
    expect(temperatures(false)).toEqual([null, null, null, null]);
    // Its first releases have 4, which transformers 5 refuses.
    expect(() => temperatures(4)).toThrow(/attn_temperature_tuning is 4, of type \w+, and can only be bool/);
  });
});
