import { plainRope } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import { GPT2_ALIASES } from './gpt2.ts';
import {
  block,
  decoder,
  eachLayer,
  layerNorms,
  linear,
  namings,
  plainAttention,
  plainMlp,
  readHead,
  readSizes,
} from './layers.ts';

/** GPT-J (Wang & Komatsuzaki 2021): parallel residuals from one norm, neighboring pairs of a part of a head rotated. */
export const gptj: ModelFamily = {
  modelType: 'gptj',
  defaults: {
    vocab_size: 50400,
    max_position_embeddings: 2048,
    hidden_size: 4096,
    num_hidden_layers: 28,
    num_attention_heads: 16,
    rotary_dim: 64,
    n_inner: null,
    activation_function: 'gelu_new',
    layer_norm_epsilon: 1e-5,
  },
  aliases: GPT2_ALIASES,
  keys: { notNull: 'attn_pdrop embd_pdrop resid_pdrop' },
  describe: (config) => {
    const sizes = readSizes(config, { hasHeadDim: false, hasKeyValueHeads: false });
    const { headDim, hidden } = sizes;
    const rotated = config.size('rotary_dim');
    if (rotated > headDim || rotated % 2 !== 0) {
      throw config.error(`rotary_dim is ${rotated}, and heads have ${headDim} dimensions`);
    }
    const rope = { ...plainRope(rotated, 10000), interleaved: true };
    const norm = layerNorms(sizes, 'layer_norm_epsilon');
    // In files on the Hub; the class does not read them.
    config.expect('rotary', true, 'positions are rotary in this family');
    config.expect('scale_attn_weights', true, 'scores are divided by the root of the dimensions in this family');
    const mlp = plainMlp(sizes, {
      width: config.numberOrNull('n_inner') ?? 4 * hidden,
      names: ['fc_in', 'fc_out'],
      activation: () => config.activation('activation_function'),
    });
    return decoder(sizes, {
      embeddings: 'wte',
      namings: namings('transformer.'),
      layers: eachLayer(sizes, (i) =>
        block({
          mixer: plainAttention(`h.${i}.attn`, sizes, {
            rope,
            output: linear(`h.${i}.attn.out_proj`, hidden, hidden),
          }),
          mlp: mlp(`h.${i}.mlp`),
          residual: 'parallel',
          attentionNorm: norm(`h.${i}.ln_1`),
          mlpNorm: 'attention',
        }),
      ),
      finalNorm: norm('ln_f'),
      head: readHead(config, { bias: true }),
    });
  },
};
