import type { Config } from '../config.ts';
import type { Mamba2 } from '../recurrent.ts';
import { readRope } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import { block, decoder, gatedMlp, plainAttention, readHead, readSizes, rmsNorms, type Sizes } from './layers.ts';
import { mamba2, readMamba2 } from './mamba2.ts';

/** Falcon-H1: Mamba-2 and attention in parallel, after the same norm, and many multipliers (arXiv 2507.22448). */
export const falconH1: ModelFamily = {
  modelType: 'falcon_h1',
  defaults: {
    vocab_size: 128000,
    intermediate_size: 14336,
    num_key_value_heads: 8,
    max_position_embeddings: 8192,
    rms_norm_eps: 1e-5,
    projectors_bias: false,
    mamba_d_ssm: 1024,
    mamba_n_heads: 128,
    mamba_n_groups: 1,
    mamba_d_state: 256,
    mamba_d_conv: 4,
    mamba_expand: 2,
    mamba_chunk_size: 256,
    mamba_conv_bias: true,
    mamba_proj_bias: false,
    mamba_norm_before_gate: true,
    mamba_rms_norm: false,
    lm_head_multiplier: 1,
    embedding_multiplier: 1,
    key_multiplier: 1,
    attention_out_multiplier: 1,
    attention_in_multiplier: 1,
    ssm_in_multiplier: 1,
    ssm_out_multiplier: 1,
  },
  keys: {
    types: {
      'bool | null': 'mamba_norm_before_gate mamba_rms_norm projectors_bias',
      'int | null': 'mamba_d_ssm',
      float: `
        attention_in_multiplier attention_out_multiplier key_multiplier lm_head_multiplier ssm_in_multiplier
        ssm_out_multiplier`,
      'list[float] | null': 'mlp_multipliers ssm_multipliers',
    },
    typesHere: { float: 'embedding_multiplier' },
    nullable: 'attention_dropout mamba_proj_bias num_key_value_heads',
  },
  describe: (config) => {
    const sizes = readSizes(config);
    const rope = readRope(config, sizes.headDim, { theta: 10000 });
    const mamba = falconMamba(sizes);
    const norm = rmsNorms(sizes);
    const bias = config.boolean('attention_bias');
    const mlpBias = config.boolean('mlp_bias');
    const [gate = 1, output = 1] = multipliers(config, 'mlp_multipliers', 2);
    const scale = config.number('key_multiplier') / Math.sqrt(sizes.headDim);
    config.expect('mamba_use_mlp', true, 'every layer has an MLP here');
    // In released configs. The first is not read; the second only concerns steps after the prompt.
    config.ignore('mlp_expansion_factor', 'num_logits_to_keep');
    const layer = (i: number) =>
      block({
        mixer: {
          kind: 'parallel',
          branches: [
            {
              mixer: mamba(`layers.${i}.mamba`),
              inputScale: config.number('ssm_in_multiplier'),
              outputScale: config.number('ssm_out_multiplier'),
            },
            {
              mixer: plainAttention(`layers.${i}.self_attn`, sizes, { rope, bias, scale }),
              inputScale: config.number('attention_in_multiplier'),
              outputScale: config.number('attention_out_multiplier'),
            },
          ],
        },
        mlp: gatedMlp(sizes, `layers.${i}.feed_forward`, { bias: mlpBias, scales: { gate, output } }),
        attentionNorm: norm(`layers.${i}.input_layernorm`),
        mlpNorm: norm(`layers.${i}.pre_ff_layernorm`),
      });
    return decoder(sizes, layer, {
      embeddingScale: config.number('embedding_multiplier'),
      finalNorm: norm('final_layernorm'),
      head: readHead(config, { scale: config.number('lm_head_multiplier') }),
    });
  },
};

function falconMamba({ config, hidden }: Sizes): (module: string) => Mamba2 {
  const heads = config.size('mamba_n_heads');
  const hasSize = config.numberOrNull('mamba_d_ssm') !== null;
  const inner = hasSize ? config.size('mamba_d_ssm') : config.size('mamba_expand') * hidden;
  if (hasSize) config.ignore('mamba_expand');
  const headDim = config.sizeOrText('mamba_d_head', 'auto') ?? inner / heads;
  if (headDim * heads !== inner || !Number.isInteger(headDim)) {
    throw config.error(`${heads} Mamba heads of ${headDim} dimensions are not ${inner}`);
  }
  return mamba2({
    hidden,
    heads,
    headDim,
    ...readMamba2(config),
    outputBias: config.boolean('projectors_bias'),
    inputScales: multipliers(config, 'ssm_multipliers', 5),
    gated: config.boolean('mamba_norm_before_gate') ? 'after norm' : 'before norm',
    epsilon: config.boolean('mamba_rms_norm') ? config.positive('rms_norm_eps') : null,
  });
}

/** `count` factors, all 1 if the config has none. */
function multipliers(config: Config, key: string, count: number): number[] {
  const factors = config.list(key) ?? Array<number>(count).fill(1);
  if (factors.length !== count) throw config.error(`${key} has ${factors.length} entries, not ${count}`);
  return factors.map((factor) => {
    if (typeof factor === 'number' && Number.isFinite(factor)) return factor;
    throw config.error(`${key} has ${JSON.stringify(factor)}, not a number`);
  });
}
