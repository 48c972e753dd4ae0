import type { Mlp } from '../decoder.ts';
import { readRope } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import { block, headNorms, llamaDecoder, plainAttention, plainMlp, readSizes, rmsNorms, type Sizes } from './layers.ts';

/** Rotary parameters for a config without them. */
const MISSING = {
  rope_type: 'llama3',
  rope_theta: 1.2e7,
  factor: 8,
  original_max_position_embeddings: 8192,
  low_freq_factor: 1,
  high_freq_factor: 4,
};

/** Apertus (arXiv 2509.14233): norms of each head, no gate in the MLP, an activation with two trained numbers. */
export const apertus: ModelFamily = {
  modelType: 'apertus',
  defaults: {
    vocab_size: 131072,
    intermediate_size: 14336,
    hidden_act: 'xielu',
    max_position_embeddings: 65536,
    rms_norm_eps: 1e-5,
  },
  keys: { nullable: 'mlp_bias num_key_value_heads' },
  describe: (config) => {
    const sizes = readSizes(config);
    const rope = readRope(config, sizes.headDim, { theta: 1.2e7, missing: MISSING });
    const bias = config.boolean('attention_bias');
    config.expect('qk_norm', true, 'queries and keys have norms in this family');
    config.ignore('mlp_bias', 'post_norm'); // in configs on the Hub, but not read
    const mlp = readMlp(sizes);
    const norm = rmsNorms(sizes);
    return llamaDecoder(sizes, (i) =>
      block({
        mixer: plainAttention(`layers.${i}.self_attn`, sizes, { rope, bias, ...headNorms(sizes, i) }),
        mlp: mlp(`layers.${i}.mlp`),
        attentionNorm: norm(`layers.${i}.attention_layernorm`),
        mlpNorm: norm(`layers.${i}.feedforward_layernorm`),
      }),
    );
  },
};

function readMlp(sizes: Sizes): (module: string) => Mlp {
  if ((sizes.config.text('hidden_act') ?? 'xielu') !== 'xielu') return plainMlp(sizes, { bias: false });
  return plainMlp(sizes, { bias: false, activation: (module) => ({ kind: 'xielu', module: `${module}.act_fn` }) });
}
