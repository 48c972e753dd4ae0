import type { AltUp, AltUpBlock } from '../altup.ts';
import type { Config } from '../config.ts';
import { ropesWithWindows } from '../rope.ts';
import type { ModelFamily } from './family.ts';
import {
  expectPattern,
  GEMMA_THETAS,
  gemmaAttention,
  gemmaPerLayerInput,
  keySources,
  readPerLayerEmbeddings,
  sandwichNorms,
  spareModules,
} from './gemma.ts';
import {
  block,
  gatedMlp,
  linear,
  llamaDecoder,
  readHead,
  readSizes,
  readWindow,
  rmsNorm,
  rmsNorms,
  type Sizes,
  slidingLayers,
} from './layers.ts';

/**
 * Gemma 3n: four hidden states for each token (AltUp), residuals of low rank (LAuReL), embeddings for each layer, gates
 * that are mostly 0 in the first layers, keys and values that the last layers share.
 */
export const gemma3n: ModelFamily = {
  modelType: 'gemma3n_text',
  defaults: {
    vocab_size: 262400,
    hidden_size: 2048,
    intermediate_size: 16384,
    num_hidden_layers: 35,
    num_attention_heads: 8,
    num_key_value_heads: 2,
    head_dim: 256,
    hidden_activation: 'gelu_pytorch_tanh',
    max_position_embeddings: 32768,
    tie_word_embeddings: true,
    sliding_window: 512,
    final_logit_softcapping: 30,
    vocab_size_per_layer_input: 262144,
    hidden_size_per_layer_input: 256,
    altup_active_idx: 0,
    altup_correct_scale: true,
    altup_num_inputs: 4,
    num_kv_shared_layers: 15,
    laurel_rank: 64,
  },
  keys: {
    types: {
      bool: 'altup_correct_scale',
      int: 'altup_active_idx altup_num_inputs laurel_rank',
      float: 'altup_coef_clip',
      'float | list[float] | null': 'activation_sparsity_pattern',
    },
    nullable: 'attention_dropout',
    notNull: 'sliding_window',
  },
  describe: (config) => {
    config.expect('use_bidirectional_attention', false, 'only causal attention is supported');
    // The first two are for training. The class does not read the third: queries are not scaled.
    config.ignore('altup_coef_clip', 'altup_lr_multiplier', 'query_pre_attn_scalar');
    expectPattern(config, PATTERN);
    const sizes = readSizes(config);
    const { hidden } = sizes;
    const slides = slidingLayers(sizes, (i) => (i + 1) % PATTERN !== 0);
    const sources = keySources(
      config,
      slides.map((isSliding) => (isSliding ? 'sliding_attention' : 'full_attention')),
    );
    const window = readWindow(config);
    const ropes = ropesWithWindows(config, sizes.headDim, GEMMA_THETAS);
    const perLayer = readPerLayerEmbeddings(sizes);
    if (perLayer === null) throw config.error('hidden_size_per_layer_input is 0, and this class needs it');
    const widths = config.numberOfEach('intermediate_size', sizes.layers) ?? [];
    const sparsities = readSparsities(sizes);
    const rank = config.size('laurel_rank');
    const altUp = readAltUp(sizes);
    const activation = config.activation('hidden_activation');
    const norm = rmsNorms(sizes);
    const layer = (i: number) => {
      const module = `layers.${i}`;
      const sparsity = sparsities[i] ?? 0;
      return block({
        mixer: gemmaAttention(sizes, i, {
          rope: slides[i] ? ropes.sliding : ropes.full,
          window: slides[i] ? window : null,
          source: sources[i] ?? null,
        }),
        mlp: gatedMlp(sizes, `${module}.mlp`, {
          width: widthOf(config, widths[i]),
          activation,
          // That share of a normal distribution is below so many standard deviations.
          ...(sparsity === 0 ? {} : { cutoff: normalQuantile(sparsity) }),
        }),
        ...sandwichNorms(module, norm),
        laurel: {
          left: linear(`${module}.laurel.linear_left`, hidden, rank),
          right: linear(`${module}.laurel.linear_right`, rank, hidden),
          norm: norm(`${module}.laurel.post_laurel_norm`),
        },
        altUp: altUp.block(`${module}.altup`),
        perLayerInput: gemmaPerLayerInput(config, module, perLayer.size, hidden),
      });
    };
    return llamaDecoder(sizes, layer, {
      embeddingScale: Math.sqrt(hidden),
      perLayerEmbeddings: perLayer,
      altUp: altUp.whole,
      head: readHead(config, { softcap: config.numberOrNull('final_logit_softcapping') }),
      spare: [...spareModules(sources), ...altUp.spare],
    });
  },
};

const PATTERN = 5;

/** The share of each layer's gates that become 0; by default 0.95 in the first ten layers of models that have more. */
function readSparsities({ config, layers }: Sizes): number[] {
  const sparse = layers > SPARSE_LAYERS ? SPARSE_LAYERS : 0;
  const written =
    config.list('activation_sparsity_pattern') && config.numberOfEach('activation_sparsity_pattern', layers);
  const found = written ?? Array.from({ length: layers }, (_, i) => (i < sparse ? SPARSITY : 0));
  const foreign = found.find((share) => share < 0 || share >= 1);
  if (foreign !== undefined) throw config.error(`activation_sparsity_pattern has ${foreign}, not a share below 1`);
  return found;
}

const SPARSE_LAYERS = 10;
const SPARSITY = 0.95;

/** x with P(Z ≤ x) = share for a standard normal Z, 0 < share < 1: Newton's method, with the series of P at 0. */
function normalQuantile(share: number): number {
  let x = 0;
  for (let change = 1, steps = 0; Math.abs(change) > 1e-14 && steps < MOST_STEPS; steps += 1) {
    const density = Math.exp(-(x ** 2) / 2) / Math.sqrt(2 * Math.PI);
    let sum = x;
    for (let term = x, n = 3; Math.abs(term) > 1e-17; n += 2) {
      term *= x ** 2 / n;
      sum += term;
    }
    change = (0.5 + density * sum - share) / density;
    x -= change;
  }
  return x;
}

const MOST_STEPS = 100;

function widthOf(config: Config, width = Number.NaN): number {
  if (Number.isSafeInteger(width) && width > 0) return width;
  throw config.error(`intermediate_size has ${width}, not a positive integer`);
}

const MAX_STATES = 100;

function readAltUp({ config, hidden, layers }: Sizes): {
  readonly whole: AltUp;
  readonly block: (module: string) => AltUpBlock;
  readonly spare: string[];
} {
  const count = config.size('altup_num_inputs', MAX_STATES);
  const active = config.number('altup_active_idx');
  if (!Number.isInteger(active) || active < 0 || active >= count) {
    throw config.error(`altup_active_idx is ${active}, and there are ${count} hidden states`);
  }
  const isScaled = config.boolean('altup_correct_scale');
  const epsilon = config.positive('rms_norm_eps');
  const others = (module: string) =>
    Array.from({ length: count - 1 }, (_, i) => linear(`${module}.${i}`, hidden, hidden));
  return {
    whole: { count, expand: others('altup_projections'), collapse: others('altup_unembed_projections') },
    block: (module) => ({
      count,
      active,
      norm: rmsNorm(`${module}.router_norm`, hidden, epsilon),
      routerScale: 1 / hidden,
      router: linear(`${module}.modality_router`, hidden, count),
      predict: linear(`${module}.prediction_coefs`, count, count * count),
      correct: linear(`${module}.correction_coefs`, count, count),
      outputScale: isScaled ? `${module}.correct_output_scale` : null,
    }),
    spare: isScaled ? [] : Array.from({ length: layers }, (_, i) => `layers.${i}.altup.correct_output_scale`),
  };
}
