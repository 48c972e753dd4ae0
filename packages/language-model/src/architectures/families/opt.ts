import type { Decoder, Norm } from '../decoder.ts';
import type { ModelFamily } from './family.ts';
import { block, decoder, layerNorm, linear, plainAttention, plainMlp, readSizes, type Sizes } from './layers.ts';

/**
 * OPT: learned positions from row 2 on, biases everywhere (arXiv 2205.01068). The 350m model has norms behind the sums,
 * and smaller embeddings.
 */
export const opt: ModelFamily = {
  modelType: 'opt',
  defaults: {
    vocab_size: 50272,
    hidden_size: 768,
    num_hidden_layers: 12,
    num_attention_heads: 12,
    ffn_dim: 3072,
    activation_function: 'relu',
    do_layer_norm_before: true,
    _remove_final_layer_norm: false,
    word_embed_proj_dim: null,
    enable_bias: true,
    layer_norm_elementwise_affine: true,
    tie_word_embeddings: true,
  },
  keys: {
    types: {
      bool: '_remove_final_layer_norm do_layer_norm_before enable_bias layer_norm_elementwise_affine',
      int: 'ffn_dim',
      'int | null': 'word_embed_proj_dim',
    },
    typesHere: { 'float | int': 'dropout layerdrop', float: 'init_std' },
    notNull: 'dropout init_std layerdrop',
  },
  describe: (config) => {
    const sizes = readSizes(config, { hasHeadDim: false, hasKeyValueHeads: false });
    const bias = config.boolean('enable_bias');
    const norms = normsOf(sizes);
    const mlp = plainMlp(sizes, {
      bias,
      width: config.size('ffn_dim'),
      names: ['fc1', 'fc2'],
      activation: () => config.activation('activation_function'),
    });
    config.ignore('activation_dropout', 'layerdrop'); // of training
    // In some files on the Hub; the class does not read it.
    config.expect('learned_embeddings', true, 'positions are learned in this family');
    const layer = (i: number) => {
      const at = `layers.${i}.self_attn`;
      const [attentionNorm, mlpNorm] = norms.ofLayer(i);
      return block({
        mixer: plainAttention(at, sizes, {
          rope: null,
          bias,
          output: linear(`${at}.out_proj`, sizes.hidden, sizes.hidden, { bias }),
        }),
        mlp: mlp(`layers.${i}`),
        residual: norms.residual,
        attentionNorm,
        mlpNorm,
      });
    };
    return decoder(sizes, layer, {
      positions: { module: 'embed_positions', offset: 2 },
      ...projectionsOf(sizes),
      namings: [
        { backbone: 'model.decoder.', head: 'lm_head' },
        { backbone: 'decoder.', head: 'lm_head' },
      ],
      finalNorm: norms.final,
    });
  },
};

interface Norms {
  readonly residual: 'sequential' | 'normed';
  readonly ofLayer: (index: number) => readonly [attention: Norm | null, mlp: Norm];
  readonly final: Norm | null;
}

/** A norm after a sum is the norm before the next half of a block, and also gives its residual. */
function normsOf({ config, hidden, layers }: Sizes): Norms {
  const isAffine = config.boolean('layer_norm_elementwise_affine');
  // The default of PyTorch's LayerNorm.
  const norm = (module: string) => layerNorm(isAffine ? module : null, hidden, 1e-5);
  const ofAttention = (index: number) => norm(`layers.${index}.self_attn_layer_norm`);
  const ofMlp = (index: number) => norm(`layers.${index}.final_layer_norm`);
  const isRemoved = config.boolean('_remove_final_layer_norm');
  return config.boolean('do_layer_norm_before')
    ? {
        residual: 'sequential',
        ofLayer: (index) => [ofAttention(index), ofMlp(index)],
        final: isRemoved ? null : norm('final_layer_norm'),
      }
    : {
        residual: 'normed',
        ofLayer: (index) => [index === 0 ? null : ofMlp(index - 1), ofAttention(index)],
        final: ofMlp(layers - 1),
      };
}

function projectionsOf({ config, hidden }: Sizes): Pick<Decoder, 'projected'> {
  const size = config.numberOrNull('word_embed_proj_dim') ?? hidden;
  if (size === hidden) return {};
  return { projected: { input: linear('project_in', size, hidden), output: linear('project_out', hidden, size) } };
}
