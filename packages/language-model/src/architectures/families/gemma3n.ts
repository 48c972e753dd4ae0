import type { AltUp, AltUpBlock } from '../altup.ts';
import type { Config } from '../config.ts';
import type { Attention, HeadNorm, Layer, Rope } from '../decoder.ts';
import type { ModelFamily } from './family.ts';
import {
  bareNorm,
  expectPattern,
  gemmaPerLayerInput,
  keySources,
  readPerLayerEmbeddings,
  spareModules,
} from './gemma-layers.ts';
import { sandwichNorms } from './gemma2.ts';
import { readRopeOfType } from './gemma3.ts';
import {
  block,
  decoder,
  eachLayer,
  gatedMlp,
  linear,
  plainAttention,
  readHead,
  readSizes,
  readWindow,
  rmsNorm,
  type Sizes,
  separateProjections,
  slidingLayers,
} from './layers.ts';

/**
 * Gemma 3n: four hidden states for each token (AltUp), residuals of low rank (LAuReL), embeddings for each layer, gates
 * that are mostly 0 in the first layers, keys and values that the last layers share. Read from transformers 5.24,
 * models/gemma3n/configuration_gemma3n.py and modeling_gemma3n.py.
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
    rms_norm_eps: 1e-6,
    tie_word_embeddings: true,
    attention_bias: false,
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
    // Limits and rates of training; and a scale of the queries that the class does not read: it is 1.
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
    const ropes = {
      full: readRopeOfType(config, sizes.headDim, 'full_attention'),
      sliding: readRopeOfType(config, sizes.headDim, 'sliding_attention'),
    };
    const perLayer = readPerLayerEmbeddings(sizes);
    if (perLayer === null) throw config.error('hidden_size_per_layer_input is 0, and this class needs it');
    const widths = config.numberOfEach('intermediate_size', sizes.layers) ?? [];
    const sparsities = readSparsities(sizes);
    const rank = config.size('laurel_rank');
    const altUp = readAltUp(sizes);
    const epsilon = config.positive('rms_norm_eps');
    const norm = (module: string) => rmsNorm(module, hidden, epsilon);
    const layer = (i: number): Layer => {
      const module = `layers.${i}`;
      return block({
        mixer: attentionOf(sizes, `${module}.self_attn`, {
          rope: slides[i] ? ropes.sliding : ropes.full,
          window: slides[i] ? window : null,
          source: sources[i] ?? null,
        }),
        mlp: gatedMlp(sizes, `${module}.mlp`, {
          width: widthOf(config, widths[i]),
          key: 'hidden_activation',
          cutoff: cutoffOf(sparsities[i] ?? 0),
        }),
        ...sandwichNorms(module, norm),
        laurel: {
          left: linear(`${module}.laurel.linear_left`, hidden, rank, { bias: false }),
          right: linear(`${module}.laurel.linear_right`, rank, hidden, { bias: false }),
          norm: norm(`${module}.laurel.post_laurel_norm`),
        },
        altUp: altUp.block(`${module}.altup`),
        perLayerInput: gemmaPerLayerInput(config, module, perLayer.size, hidden),
      });
    };
    return decoder(sizes, {
      embeddingScale: Math.sqrt(hidden),
      perLayerEmbeddings: perLayer,
      altUp: altUp.whole,
      layers: eachLayer(sizes, layer),
      finalNorm: norm('norm'),
      head: readHead(config, { softcap: config.numberOrNull('final_logit_softcapping') }),
      spare: [...spareModules(sources), ...altUp.spare],
    });
  },
};

const PATTERN = 5;

/** @param source the layer whose keys and values it takes, or null */
function attentionOf(
  sizes: Sizes,
  module: string,
  { source, ...rest }: { readonly rope: Rope; readonly window: number | null; readonly source: number | null },
): Attention {
  const bias = sizes.config.boolean('attention_bias');
  const epsilon = sizes.config.positive('rms_norm_eps');
  const projections = separateProjections(module, sizes, { bias });
  const headNorm = (name: string): HeadNorm => ({
    over: 'head',
    norm: rmsNorm(`${module}.${name}`, sizes.headDim, epsilon),
  });
  const keys: Partial<Attention> =
    source === null
      ? {
          projections,
          keyNorm: headNorm('k_norm'),
          valueNorm: { over: 'head', norm: bareNorm(sizes.headDim, epsilon) },
        }
      : { projections: { kind: 'shared', query: projections.query, layer: source } };
  return plainAttention(module, sizes, { ...rest, bias, scale: 1, queryNorm: headNorm('q_norm'), ...keys });
}

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

/** That share of a normal distribution is below so many standard deviations; undefined: all gates are kept. */
function cutoffOf(sparsity: number): number | undefined {
  return sparsity === 0 ? undefined : normalQuantile(sparsity);
}

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
  const plain = (module: string, input: number, output: number) => linear(module, input, output, { bias: false });
  const others = (module: string) =>
    Array.from({ length: count - 1 }, (_, i) => plain(`${module}.${i}`, hidden, hidden));
  return {
    whole: { count, expand: others('altup_projections'), collapse: others('altup_unembed_projections') },
    block: (module) => ({
      count,
      active,
      norm: rmsNorm(`${module}.router_norm`, hidden, epsilon),
      routerScale: 1 / hidden,
      router: plain(`${module}.modality_router`, hidden, count),
      predict: plain(`${module}.prediction_coefs`, count, count * count),
      correct: plain(`${module}.correction_coefs`, count, count),
      outputScale: isScaled ? `${module}.correct_output_scale` : null,
    }),
    spare: isScaled ? [] : Array.from({ length: layers }, (_, i) => `layers.${i}.altup.correct_output_scale`),
  };
}
