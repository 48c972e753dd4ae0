import { alibiSlopes } from './alibi.ts';
import type { ModelFamily } from './family.ts';
import {
  block,
  decoder,
  layerNorms,
  linear,
  namings,
  plainAttention,
  plainMlp,
  projectionsByHead,
  readSizes,
} from './layers.ts';

/** BLOOM (arXiv 2211.05100): alibi, a norm of the embeddings, query, key and value adjacent in each head. */
export const bloom: ModelFamily = {
  modelType: 'bloom',
  defaults: {
    vocab_size: 250880,
    hidden_size: 64,
    num_hidden_layers: 2,
    num_attention_heads: 8,
    // The length of its training: the class has no limit.
    layer_norm_epsilon: 1e-5,
    apply_residual_connection_post_layernorm: false,
    slow_but_exact: false,
    tie_word_embeddings: true,
  },
  aliases: {
    n_embed: 'hidden_size',
    n_layer: 'num_hidden_layers',
    n_head: 'num_attention_heads',
    seq_length: 'max_position_embeddings',
  },
  keys: {
    types: { bool: 'apply_residual_connection_post_layernorm slow_but_exact' },
    notNull: 'hidden_dropout pretraining_tp',
  },
  describe: (config) => {
    const sizes = readSizes(config, { hasHeadDim: false, hasKeyValueHeads: false });
    const { heads, hidden } = sizes;
    const norm = layerNorms(sizes, 'layer_norm_epsilon');
    const alibi = { slopes: alibiSlopes(heads), scale: 1, rounding: 'float32' } as const;
    const residual = config.boolean('apply_residual_connection_post_layernorm') ? 'normed' : 'sequential';
    if (config.boolean('slow_but_exact')) {
      const why = 'with slow_but_exact, its class adds slices of the output layers without their bias';
      config.expect('pretraining_tp', 1, why);
    }
    // Keys of the training code, in files on the Hub; the class does not read them.
    config.ignore('bias_dropout_fusion', 'masked_softmax_fusion', 'offset_alibi', 'skip_bias_add');
    const mlp = plainMlp(sizes, {
      width: 4 * hidden,
      names: ['dense_h_to_4h', 'dense_4h_to_h'],
      activation: () => 'gelu_tanh',
    });
    const layer = (i: number) => {
      const at = `h.${i}.self_attention`;
      const qkv = linear(`${at}.query_key_value`, hidden, 3 * hidden, { bias: true });
      return block({
        mixer: plainAttention(at, sizes, {
          rope: null,
          alibi,
          projections: projectionsByHead(qkv, sizes),
          output: linear(`${at}.dense`, hidden, hidden, { bias: true }),
        }),
        mlp: mlp(`h.${i}.mlp`),
        residual,
        attentionNorm: norm(`h.${i}.input_layernorm`),
        mlpNorm: norm(`h.${i}.post_attention_layernorm`),
      });
    };
    return decoder(sizes, layer, {
      embeddings: 'word_embeddings',
      embeddingNorm: norm('word_embeddings_layernorm'),
      namings: namings('transformer.'),
      finalNorm: norm('ln_f'),
    });
  },
};
