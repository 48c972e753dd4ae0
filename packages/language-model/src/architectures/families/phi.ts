import type { HeadNorm } from '../decoder.ts';
import { readRope } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import {
  block,
  decoder,
  layerNorm,
  layerNorms,
  linear,
  plainAttention,
  plainMlp,
  readHead,
  readSizes,
} from './layers.ts';

/** Phi-1, 1.5 and 2 (arXiv 2309.05463): parallel residuals, layer norms, biases everywhere, half-rotated heads. */
export const phi: ModelFamily = {
  modelType: 'phi',
  defaults: {
    vocab_size: 51200,
    hidden_size: 2048,
    intermediate_size: 8192,
    num_hidden_layers: 24,
    hidden_act: 'gelu_new',
    layer_norm_eps: 1e-5,
    qk_layernorm: false,
  },
  keys: { nullable: 'attention_dropout num_key_value_heads', notNull: 'embd_pdrop resid_pdrop' },
  describe: (config) => {
    const sizes = readSizes(config, { hasHeadDim: false });
    const { heads, headDim, hidden } = sizes;
    const rope = readRope(config, headDim, { theta: 10000, partial: 0.5, mayBePartial: true });
    const epsilon = config.positive('layer_norm_eps');
    const norm = layerNorms(sizes, 'layer_norm_eps');
    config.expect('head_dim', headDim, 'heads have hidden_size / num_attention_heads dimensions in this family');
    const mlp = plainMlp(sizes, { names: ['fc1', 'fc2'] });
    const isNormed = config.boolean('qk_layernorm');
    const headNorm = (module: string): HeadNorm | null =>
      isNormed ? { over: 'head', norm: layerNorm(module, headDim, epsilon) } : null;
    const layer = (i: number) => {
      const at = `layers.${i}.self_attn`;
      return block({
        mixer: plainAttention(at, sizes, {
          rope,
          bias: true,
          output: linear(`${at}.dense`, heads * headDim, hidden, { bias: true }),
          queryNorm: headNorm(`${at}.q_layernorm`),
          keyNorm: headNorm(`${at}.k_layernorm`),
        }),
        mlp: mlp(`layers.${i}.mlp`),
        residual: 'parallel',
        attentionNorm: norm(`layers.${i}.input_layernorm`),
        mlpNorm: 'attention',
      });
    };
    return decoder(sizes, layer, {
      finalNorm: norm('final_layernorm'),
      head: readHead(config, { bias: true }),
    });
  },
};
