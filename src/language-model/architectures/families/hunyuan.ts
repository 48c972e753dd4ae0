import type { Config } from '../config.ts';
import type { Attention, HeadNorm, Rope } from '../decoder.ts';
import { buildRope, readRope, ropeParameters, ropeType } from '../rope.ts';
import { ropeNumber } from '../rope-scaling.ts';
import type { ModelFamily } from './family.ts';
import { llamaDecoder, llamaLayer, readSizes, rmsNorm, type Sizes } from './layers.ts';

const THETA = 10000;

/**
 * Hunyuan, dense: Llama with a norm of each head's queries and keys after their rotation, and a rotary base stretched by a fixed
 * factor (Tencent 2025). Read from transformers 5.24, models/hunyuan_v1_dense/modular_hunyuan_v1_dense.py.
 */
export const hunyuanDense: ModelFamily = {
  modelType: 'hunyuan_v1_dense',
  defaults: {
    vocab_size: 290943,
    hidden_size: 4096,
    intermediate_size: 11008,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    hidden_act: 'silu',
    max_position_embeddings: 2048,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: false,
    attention_bias: false,
  },
  describe: (config) => {
    const sizes = readSizes(config);
    const rope = readHunyuanRope(config, sizes.headDim);
    const bias = config.boolean('attention_bias');
    config.expect('use_qk_norm', true, 'queries and keys have norms in this family');
    // In configs on the Hub, but not read: of its training code, and of models that are made from it.
    config.ignore('attention_head_dim', 'cla_share_factor', 'norm_type', 'org_vocab_size', 'use_rotary_pos_emb');
    config.ignore('dense_list', 'pool_type', 'im_start_id', 'im_end_id', 'im_newline_id', 'mask_init_id');
    config.ignore('pad_id', 'text_start_id', 'text_end_id');
    return llamaDecoder(config, sizes, (i) =>
      llamaLayer(config, sizes, i, { rope, bias, headNorms: 'after rope', ...headNorms(config, sizes, i) }),
    );
  },
};

function headNorms(config: Config, { headDim }: Sizes, index: number): Pick<Attention, 'queryNorm' | 'keyNorm'> {
  const norm = (name: string): HeadNorm => ({
    over: 'head',
    norm: rmsNorm(`layers.${index}.self_attn.${name}`, headDim, config.positive('rms_norm_eps')),
  });
  return { queryNorm: norm('query_layernorm'), keyNorm: norm('key_layernorm') };
}

/**
 * What its configs call "dynamic" is, with `alpha`, the same at every length: the base times alpha^(d / (d − 2)), d dimensions of a
 * head.
 */
function readHunyuanRope(config: Config, headDim: number): Rope {
  const parameters = ropeParameters(config);
  const alpha = ropeNumber(config, parameters, 'alpha');
  if (ropeType(parameters) !== 'dynamic' || !alpha) return readRope(config, headDim, { theta: THETA });
  const base = ropeNumber(config, parameters, 'rope_theta') ?? config.optionalNumber('rope_theta') ?? THETA;
  const stretched = { ...parameters, rope_theta: base * alpha ** (headDim / (headDim - 2)) };
  const more = ['alpha', 'beta_fast', 'beta_slow', 'mscale', 'mscale_all_dim'];
  return buildRope(config, headDim, stretched, { theta: THETA, more });
}
