import { readRope } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import {
  block,
  decoder,
  layerNorms,
  linear,
  llamaNorms,
  namings,
  plainAttention,
  plainMlp,
  projectionsByHead,
  readSizes,
} from './layers.ts';

/** GPT-NeoX and Pythia: query, key and value adjacent in each head, parallel residuals (arXiv 2204.06745). */
export const gptNeox: ModelFamily = {
  modelType: 'gpt_neox',
  defaults: {
    vocab_size: 50432,
    hidden_size: 6144,
    intermediate_size: 24576,
    num_hidden_layers: 44,
    num_attention_heads: 64,
    hidden_act: 'gelu',
    layer_norm_eps: 1e-5,
    use_parallel_residual: true,
    attention_bias: true,
    rotary_emb_base: 10000,
    rotary_pct: 0.25,
  },
  keys: { notNull: 'classifier_dropout hidden_dropout is_decoder' },
  describe: (config) => {
    const sizes = readSizes(config, { hasHeadDim: false });
    const { hidden } = sizes;
    const theta = config.number('rotary_emb_base');
    const partial = config.number('rotary_pct');
    const rope = readRope(config, sizes.headDim, { theta, partial, mayBePartial: true, hasOwnKeys: true });
    const norm = layerNorms(sizes, 'layer_norm_eps');
    const bias = config.boolean('attention_bias');
    const mlp = plainMlp(sizes, { names: ['dense_h_to_4h', 'dense_4h_to_h'] });
    const layer = (i: number) => {
      const at = `layers.${i}.attention`;
      const qkv = linear(`${at}.query_key_value`, hidden, 3 * hidden, { bias });
      return block({
        mixer: plainAttention(at, sizes, {
          rope,
          projections: projectionsByHead(qkv, sizes),
          output: linear(`${at}.dense`, hidden, hidden, { bias }),
        }),
        mlp: mlp(`layers.${i}.mlp`),
        residual: config.boolean('use_parallel_residual') ? 'parallel' : 'sequential',
        ...llamaNorms(i, norm),
      });
    };
    return decoder(sizes, layer, {
      embeddings: 'embed_in',
      namings: [...namings('gpt_neox.', 'embed_out'), ...namings('gpt_neox.')],
      finalNorm: norm('final_layer_norm'),
    });
  },
};
