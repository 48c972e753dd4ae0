import { MAX_EXPERTS } from '@shadow-gate/checkpoints/config';
import { at } from '@shadow-gate/platform';
import type { Config } from '../config.ts';
import type { Rope } from '../decoder.ts';
import { buildRope, readRope, ropeParameters, ropeType } from '../rope.ts';
import { ropeNumber } from '../rope-scaling.ts';
import { gatedExperts, sharedExpert, softmaxRouter } from './experts.ts';
import type { ModelFamily } from './family.ts';
import { headNorms, llamaDecoder, llamaLayer, readSizes, type Sizes } from './layers.ts';

const THETA = 10000;

/** Hunyuan, dense (Tencent 2025): Llama with norms of queries and keys after rotation, and a larger rotary base. */
export const hunyuanDense: ModelFamily = {
  modelType: 'hunyuan_v1_dense',
  defaults: {
    vocab_size: 290943,
    rms_norm_eps: 1e-5,
  },
  keys: { nullable: 'head_dim num_key_value_heads', notNull: 'pretraining_tp' },
  describe: (config) => {
    const sizes = readSizes(config);
    const rope = readHunyuanRope(config, sizes.headDim);
    const bias = config.boolean('attention_bias');
    expectItsOwn(config);
    return llamaDecoder(sizes, (i) => llamaLayer(sizes, i, { rope, bias, ...laterNorms(sizes, i) }));
  },
};

/** Hunyuan-A13B: the same with experts in every layer, and an MLP of the same width for every token (Tencent 2025). */
export const hunyuanMoe: ModelFamily = {
  modelType: 'hunyuan_v1_moe',
  defaults: { ...hunyuanDense.defaults, num_experts: 1, moe_topk: 1 },
  aliases: { num_experts_per_tok: 'moe_topk', num_local_experts: 'num_experts' },
  keys: {
    types: { 'int | list[int]': 'moe_topk' },
    // Its class does not read moe_intermediate_size.
    typesHere: { 'int | list[int]': 'moe_intermediate_size', int: 'sep_token_id' },
    nullable: 'num_key_value_heads',
    notNull: 'pretraining_tp',
  },
  describe: (config) => {
    const sizes = readSizes(config);
    const { hidden } = sizes;
    const rope = readHunyuanRope(config, sizes.headDim);
    const bias = config.boolean('attention_bias');
    const width = config.size('intermediate_size');
    const count = config.size('num_experts', MAX_EXPERTS);
    const perToken = config.numberOfEach('moe_topk', sizes.layers);
    if (perToken === null) throw config.error('moe_topk is null');
    const wrong = perToken.find((chosen) => !Number.isInteger(chosen) || chosen < 1 || chosen > count);
    if (wrong !== undefined) throw config.error(`moe_topk has ${wrong}, and there are ${count} experts`);
    expectItsOwn(config);
    expectOneWidth(sizes, width);
    return llamaDecoder(sizes, (i) => {
      const module = `layers.${i}.mlp`;
      const mlp = gatedExperts({ config, hidden, count, perToken: at(perToken, i), width }, module, {
        router: softmaxRouter(`${module}.gate.wg`, { hidden, count }),
        shared: sharedExpert(sizes, `${module}.shared_mlp`, { width }),
      });
      return llamaLayer(sizes, i, { rope, bias, ...laterNorms(sizes, i) }, { mlp });
    });
  },
};

/** Keys that the classes do not read; the training code and models that are made from it do. */
function expectItsOwn(config: Config): void {
  config.expect('use_qk_norm', true, 'queries and keys have norms in this family');
  config.ignore('attention_head_dim', 'cla_share_factor', 'norm_type', 'org_vocab_size', 'use_rotary_pos_emb');
  config.ignore('dense_list', 'pool_type', 'im_start_id', 'im_end_id', 'im_newline_id', 'mask_init_id');
  config.ignore('pad_id', 'text_start_id', 'text_end_id');
}

/** As above, for keys of experts, with the values for which the authors' own code computes the same. */
function expectOneWidth({ config, layers }: Sizes, width: number): void {
  const each = { moe_intermediate_size: width, num_shared_expert: 1 };
  for (const [key, value] of Object.entries(each)) {
    const other = config.numberOfEach(key, layers)?.find((found) => found !== value);
    if (other !== undefined) throw config.error(`${key} has ${other}: only ${value} in every layer is supported`);
  }
  config.expect('norm_topk_prob', true, 'weights of experts are divided by their sum');
  config.expect('use_mixed_mlp_moe', true, 'every layer has an MLP in addition to its experts');
  config.ignore('anyres_pooling_size', 'num_media_embeds', 'video_start_id', 'video_end_id', 'vit_input_resolution');
  config.ignore('vit_mapping_type', 'vit_norm_type', 'vit_patch', 'vit_token');
}

function laterNorms(sizes: Sizes, index: number) {
  const names = { query: 'query_layernorm', key: 'key_layernorm' };
  return { ...headNorms(sizes, index, { names }), headNorms: 'after rope' } as const;
}

/** With `alpha`, "dynamic" scaling is the same at every length: base · alpha^(d / (d − 2)), with heads of size d. */
function readHunyuanRope(config: Config, headDim: number): Rope {
  const parameters = ropeParameters(config);
  const alpha = ropeNumber(config, parameters, 'alpha');
  if (ropeType(parameters) !== 'dynamic' || !alpha) return readRope(config, headDim, { theta: THETA });
  const base = ropeNumber(config, parameters, 'rope_theta') ?? config.optionalNumber('rope_theta') ?? THETA;
  const stretched = { ...parameters, rope_theta: base * alpha ** (headDim / (headDim - 2)) };
  const more = ['alpha', 'beta_fast', 'beta_slow', 'mscale', 'mscale_all_dim'];
  return buildRope(config, headDim, stretched, { theta: THETA, more });
}
