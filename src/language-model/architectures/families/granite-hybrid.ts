import type { Config } from '../config.ts';
import { readRope } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import { graniteDecoder } from './granite.ts';
import { fusedGatedMlp, llamaLayer, readSizes, type Sizes } from './layers.ts';

/**
 * Granite 4.0, dense (micro, 1b, 350m): Granite with gate and up in one matrix, with or without rotary positions (IBM 2025). Read from
 * transformers 5.24, models/granitemoehybrid/modular_granitemoehybrid.py.
 */
export const graniteMoeHybrid: ModelFamily = {
  modelType: 'granitemoehybrid',
  defaults: {
    vocab_size: 32000,
    hidden_size: 4096,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    hidden_act: 'silu',
    max_position_embeddings: 2048,
    rms_norm_eps: 1e-6,
    tie_word_embeddings: false,
    attention_bias: false,
    embedding_multiplier: 1,
    logits_scaling: 1,
    residual_multiplier: 1,
    attention_multiplier: 1,
    num_local_experts: 8,
    shared_intermediate_size: 1024,
  },
  aliases: { layers_block_type: 'layer_types' },
  describe: (config) => {
    const sizes = readSizes(config);
    refuseOtherLayers(config, sizes);
    // Of experts and recurrent layers, of which there are none.
    config.ignore('intermediate_size', 'num_experts_per_tok', 'time_step_limit', ...MAMBA);
    const written = readRope(config, sizes.headDim, { theta: 10000 });
    const rope = config.text('position_embedding_type') === 'rope' ? written : null;
    const bias = config.boolean('attention_bias');
    const mlp = fusedGatedMlp(config, sizes, {
      key: 'shared_intermediate_size',
      names: ['input_linear', 'output_linear'],
    });
    return graniteDecoder(config, sizes, (i, scale) =>
      llamaLayer(config, sizes, i, { rope, bias, scale }, { mlp: mlp(`layers.${i}.shared_mlp`) }),
    );
  },
};

const MAMBA = [
  'n_heads',
  'n_groups',
  'd_state',
  'd_head',
  'd_conv',
  'expand',
  'chunk_size',
  'conv_bias',
  'proj_bias',
].map((name) => `mamba_${name}`);

/** Without layer types, every layer is recurrent. */
function refuseOtherLayers(config: Config, { layers }: Sizes): void {
  const types = config.list('layer_types') ?? ['mamba'];
  const other = types.find((type) => type !== 'attention' && type !== 'full_attention');
  if (other !== undefined) {
    throw config.error(`layer type ${JSON.stringify(other)} is not supported: only dense models of this family are`);
  }
  if (types.length !== layers) throw config.error(`layer_types has ${types.length} entries for ${layers} layers`);
  const experts = config.number('num_local_experts');
  if (experts !== 0)
    throw config.error(`num_local_experts is ${experts}: only dense models of this family are supported`);
}
