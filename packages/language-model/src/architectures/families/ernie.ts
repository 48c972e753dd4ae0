import type { Mlp } from '../decoder.ts';
import { readRope } from '../rope.ts';
import { gatedExperts, readExpertSizes, sharedExpert, softmaxRouter } from './experts.ts';
import type { ModelFamily } from './family.ts';
import { gatedMlp, llamaDecoder, llamaLayer, readHead, readSizes, type Sizes } from './layers.ts';

/** ERNIE 4.5, dense: Llama with rotation of neighboring pairs (Baidu 2025). */
export const ernie45: ModelFamily = {
  modelType: 'ernie4_5',
  defaults: {
    vocab_size: 103424,
    hidden_size: 1024,
    intermediate_size: 3072,
    num_hidden_layers: 18,
    num_attention_heads: 16,
    num_key_value_heads: 2,
    head_dim: 128,
    max_position_embeddings: 131072,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: true,
    use_bias: false,
  },
  keys: { nullable: 'head_dim num_key_value_heads use_bias use_cache' },
  describe: (config) => {
    const sizes = readSizes(config);
    const rope = readRope(config, sizes.headDim, { theta: 5e5, interleaved: true });
    config.ignore('compression_ratio', 'weight_share_add_bias'); // in configs on the Hub, but not read
    config.expect('use_rmsnorm', true, 'only RMS norms are supported');
    const bias = config.boolean('use_bias');
    return llamaDecoder(sizes, (i) => llamaLayer(sizes, i, { rope, bias }, { mlpBias: bias }));
  },
};

/** ERNIE 4.5 with experts in most layers, chosen by a softmax and a correction (Baidu 2025). */
export const ernie45Moe: ModelFamily = {
  modelType: 'ernie4_5_moe',
  defaults: {
    vocab_size: 103424,
    hidden_size: 2560,
    intermediate_size: 12288,
    num_hidden_layers: 28,
    num_attention_heads: 20,
    num_key_value_heads: 4,
    max_position_embeddings: 131072,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: true,
    use_bias: false,
    moe_intermediate_size: 1536,
    moe_k: 6,
    moe_num_experts: 64,
    moe_num_shared_experts: 2,
    moe_layer_start_index: 1,
    moe_layer_end_index: -1,
    moe_layer_interval: 1,
    moe_norm_min: 1e-12,
  },
  aliases: { num_experts: 'moe_num_experts', num_experts_per_tok: 'moe_k' },
  keys: {
    types: {
      'int | null': `
        moe_k moe_layer_end_index moe_layer_interval moe_layer_start_index moe_num_experts
        moe_num_shared_experts`,
      'float | null': 'moe_norm_min',
    },
    nullable: `
      num_experts num_experts_per_tok num_key_value_heads num_nextn_predict_layers output_router_logits
      router_aux_loss_coef use_bias`,
  },
  describe: (config) => {
    const sizes = readSizes(config);
    const rope = readRope(config, sizes.headDim, { theta: 500_000, interleaved: true });
    const bias = config.boolean('use_bias');
    // Keys for training, for other code, or for layers that predict further tokens: the class reads none of them.
    config.ignore('moe_capacity', 'moe_gate', 'moe_use_aux_free', 'num_nextn_predict_layers');
    config.expect('use_rmsnorm', true, 'only RMS norms are supported');
    const mlp = mlps(sizes, { bias });
    return llamaDecoder(sizes, (i) => llamaLayer(sizes, i, { rope, bias }, { mlp: mlp(i) }), {
      head: readHead(config, { bias }),
    });
  },
};

function mlps(sizes: Sizes, { bias }: { readonly bias: boolean }): (index: number) => Mlp {
  const { config, layers } = sizes;
  const experts = readExpertSizes(sizes, { count: 'moe_num_experts', perToken: 'moe_k' });
  const shared = config.number('moe_num_shared_experts') * experts.width;
  const start = config.number('moe_layer_start_index');
  const end = config.number('moe_layer_end_index');
  const last = end === -1 ? layers - 1 : end;
  const interval = config.size('moe_layer_interval');
  const least = config.positive('moe_norm_min');
  const width = config.size('intermediate_size');
  return (index) => {
    const at = `layers.${index}.mlp`;
    const isSparse = (index + 1) % interval === 0 && index >= start && index <= last;
    if (!isSparse) return gatedMlp(sizes, at, { width, bias });
    return gatedExperts(experts, at, {
      router: softmaxRouter(`${at}.gate`, experts, {
        correction: { tensor: `${at}.moe_statics.e_score_correction_bias`, shape: [1, experts.count] },
        normalize: { added: 0, least },
      }),
      shared: shared > 0 ? sharedExpert(sizes, `${at}.shared_experts`, { width: shared, bias }) : null,
    });
  };
}
