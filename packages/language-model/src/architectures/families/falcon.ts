import type { Config } from '../config.ts';
import type { Layer, Projections } from '../decoder.ts';
import { readRope } from '../rope.ts';
import { alibiSlopes } from './alibi.ts';
import type { ModelFamily } from './family.ts';
import {
  block,
  decoder,
  layerNorm,
  linear,
  namings,
  plainAttention,
  plainMlp,
  readSizes,
  type Sizes,
} from './layers.ts';

/** Falcon: RW (alibi), 7B (one key and value), 40B and 180B (groups), Falcon2-11B (arXiv 2311.16867). */
export const falcon: ModelFamily = {
  modelType: 'falcon',
  defaults: {
    vocab_size: 65024,
    hidden_size: 4544,
    num_attention_heads: 71,
    layer_norm_epsilon: 1e-5,
    activation: 'gelu',
    tie_word_embeddings: true,
    alibi: false,
    new_decoder_architecture: false,
    multi_query: true,
    parallel_attn: true,
    bias: false,
    num_kv_heads: null,
    num_ln_in_parallel_attn: null,
    ffn_hidden_size: null,
  },
  aliases: {
    n_embed: 'hidden_size',
    n_layer: 'num_hidden_layers',
    n_head: 'num_attention_heads',
    n_head_kv: 'num_kv_heads',
  },
  keys: {
    types: {
      'bool | null': 'alibi bias new_decoder_architecture parallel_attn',
      'int | null': 'ffn_hidden_size num_kv_heads num_ln_in_parallel_attn',
    },
    nullable: 'layer_norm_epsilon',
    notNull: 'hidden_dropout',
  },
  describe: (config) => {
    config.ignore('num_key_value_heads', 'head_dim', 'ffn_factor', 'ff_factor');
    config.ignore('rope_theta', 'rope_scaling', 'rope_parameters');
    const isGrouped = config.boolean('new_decoder_architecture');
    const isMultiQuery = config.boolean('multi_query');
    const alibi = config.boolean('alibi');
    const base = readSizes(config, { hasHeadDim: false });
    const groups = config.numberOrNull('num_kv_heads') ?? base.heads;
    if (!isGrouped && !isMultiQuery && groups !== base.heads)
      throw config.error(`num_kv_heads is ${groups}, and there are ${base.heads} heads`);
    const sizes = { ...base, keyValueHeads: isGrouped ? groups : isMultiQuery ? 1 : base.heads };
    if (!Number.isInteger(sizes.heads / sizes.keyValueHeads)) {
      throw config.error(`${sizes.heads} attention heads cannot share ${groups} key-value heads evenly`);
    }
    const rope = readRope(config, sizes.headDim, { theta: 10000 });
    const { heads, headDim, hidden } = sizes;
    const bias = config.boolean('bias');
    const mlp = plainMlp(sizes, {
      bias,
      width: config.numberOrNull('ffn_hidden_size') ?? 4 * hidden,
      names: ['dense_h_to_4h', 'dense_4h_to_h'],
      activation: () => config.activation('activation'),
    });
    const layer = (i: number) => {
      const at = `h.${i}.self_attention`;
      return block({
        mixer: plainAttention(at, sizes, {
          rope: alibi ? null : rope,
          alibi: alibi ? { slopes: alibiSlopes(heads), scale: 1 / Math.sqrt(headDim), rounding: 'bfloat16' } : null,
          projections: projectionsOf(`${at}.query_key_value`, sizes, { bias, isShared: isGrouped || isMultiQuery }),
          output: linear(`${at}.dense`, hidden, hidden, { bias }),
        }),
        mlp: mlp(`h.${i}.mlp`),
        ...normsOf(config, i, { hidden, isGrouped }),
      });
    };
    return decoder(sizes, layer, {
      embeddings: 'word_embeddings',
      namings: namings('transformer.'),
      finalNorm: layerNorm('ln_f', hidden, config.positive('layer_norm_epsilon')),
    });
  },
};

/** The queries, the key and the value of each group of heads are adjacent; without groups, those of each head. */
function projectionsOf(
  module: string,
  sizes: Sizes,
  { bias, isShared }: { readonly bias: boolean; readonly isShared: boolean },
): Projections {
  const { heads, keyValueHeads, headDim, hidden } = sizes;
  const groups = isShared ? keyValueHeads : heads;
  const queries = heads / groups;
  return {
    kind: 'fused',
    linear: linear(module, hidden, groups * (queries + 2) * headDim, { bias }),
    groups,
    split: [queries, 1, 1],
  };
}

function normsOf(
  config: Config,
  index: number,
  { hidden, isGrouped }: { readonly hidden: number; readonly isGrouped: boolean },
): Partial<Layer> {
  const norm = (name: string) => layerNorm(`h.${index}.${name}`, hidden, config.positive('layer_norm_epsilon'));
  const norms = config.numberOrNull('num_ln_in_parallel_attn') ?? (isGrouped ? 2 : 1);
  const isParallel = config.boolean('parallel_attn');
  if (norms !== 1 && norms !== 2) throw config.error(`num_ln_in_parallel_attn is ${norms}, not 1 or 2`);
  if (isGrouped && !isParallel) throw config.error('new_decoder_architecture without parallel_attn is not supported');
  if (isParallel && norms === 2) {
    if (!isGrouped) throw config.error('num_ln_in_parallel_attn is 2 without new_decoder_architecture');
    return { residual: 'parallel', attentionNorm: norm('ln_attn'), mlpNorm: norm('ln_mlp') };
  }
  return isParallel
    ? { residual: 'parallel', attentionNorm: norm('input_layernorm'), mlpNorm: 'attention' }
    : { attentionNorm: norm('input_layernorm'), mlpNorm: norm('post_attention_layernorm') };
}
