import { ElementType, Graph } from '../../onnx/graph.ts';
import { type Device, float32Output, openSession, tensor } from '../../onnx/session.ts';
import type { Attention, Decoder } from '../architectures/decoder.ts';
import {
  type AttentionKind,
  applyFusedAttention,
  applyPlainAttention,
  type LayerInputs,
  type Surroundings,
} from '../graph/attention.ts';

const { float32, int32, int64 } = ElementType;

/** GroupQueryAttention takes head sizes that are multiples of this. */
const HEAD_MULTIPLE = 8;

interface Trial {
  readonly length: number;
  /** Tokens before it. */
  readonly before: number;
}

/** Long enough for the kernels that providers keep for long sequences (WebGPU's flash attention starts at 32); and a step. */
const TRIALS: readonly Trial[] = [
  { length: 48, before: 0 },
  { length: 1, before: 47 },
];

const TRIAL_TOLERANCE = 1e-3;

/** As far below every score as the masks of real passes. */
const MASKED = -1e30;

/**
 * How attention is computed here: fused where that is right. On the CPU it is (the tests hold it), for head sizes
 * that it takes. Elsewhere it is tried against plain products on the same device: WebGPU's leaves out the softcap, and is
 * wrong from 32 tokens on with Mesa's software adapter; CUDA has none in float32.
 */
export async function attentionKind(decoder: Decoder, device: Device, keep: boolean): Promise<AttentionKind> {
  // On the CPU keys and values are kept here, in arrays with room for more, and only the new ones come out.
  if (device.name === 'cpu' && keep) return 'split';
  return (await canFuse(decoder, device)) ? 'fused' : 'concat';
}

async function canFuse({ layers }: Decoder, device: Device): Promise<boolean> {
  if (!layers.every(({ attention }) => attention.headDim % HEAD_MULTIPLE === 0)) return false;
  if (device.name === 'cpu') return true;
  const kinds = new Map(layers.map(({ attention }) => [`${attention.headDim} ${attention.softcap}`, attention]));
  for (const attention of kinds.values()) if (!(await agrees(attention, device))) return false;
  return true;
}

async function agrees(attention: Attention, device: Device): Promise<boolean> {
  const tried: Attention = { ...attention, alibi: null };
  try {
    for (const trial of TRIALS) {
      const fused = await run(tried, device, trial, true);
      const plain = await run(tried, device, trial, false);
      if (!fused.every((value, i) => Math.abs(value - (plain[i] as number)) <= TRIAL_TOLERANCE)) return false;
    }
    return true;
  } catch {
    return false;
  }
}

async function run(attention: Attention, device: Device, trial: Trial, isFused: boolean): Promise<Float32Array> {
  const { heads, keyValueHeads, headDim } = attention;
  const { length } = trial;
  const graph = new Graph();
  const input = (name: string, count: number) => graph.input(name, float32, [1, length, count * headDim]);
  const [query, key, value] = [input('query', heads), input('key', keyValueHeads), input('value', keyValueHeads)];
  const past = (name: string) => graph.input(name, float32, [1, keyValueHeads, 'P', headDim]);
  const total = graph.input('total', int32, [1]);
  const surroundings: Surroundings = {
    positions: total,
    batchShape: graph.constant([1, length], 'int64'),
    totalLength: graph.cast(total, int64),
    lastKeys: graph.input('last_keys', int32, [1]),
    total,
  };
  const inputs: LayerInputs = {
    bias: graph.input('bias', float32, [1, 1, length, 'T']),
    rope: null,
    past: { key: past('past_key'), value: past('past_value') },
  };
  const { mixed } = isFused
    ? applyFusedAttention(graph, attention, query, key, value, surroundings, inputs)
    : applyPlainAttention(graph, attention, query, key, value, surroundings, inputs, 'concat');
  graph.output('mixed', mixed, float32);
  const session = await openSession(graph, device);
  try {
    return float32Output(await session.run(trialFeeds(attention, trial)), 'mixed');
  } finally {
    await session.release();
  }
}

/** Waves, which are as good as random and the same everywhere. */
function trialFeeds({ heads, keyValueHeads, headDim }: Attention, { length, before }: Trial) {
  const keys = before + length;
  const wave = (shape: readonly number[], step: number) => {
    const size = shape.reduce((product, count) => product * count, 1);
    return tensor.float32(
      Float32Array.from({ length: size }, (_, i) => 2 * Math.sin(step * (i + 1))),
      shape,
    );
  };
  const causal = Float32Array.from({ length: length * keys }, (_, i) =>
    i % keys > before + Math.floor(i / keys) ? MASKED : 0,
  );
  return {
    query: wave([1, length, heads * headDim], 0.7),
    key: wave([1, length, keyValueHeads * headDim], 1.3),
    value: wave([1, length, keyValueHeads * headDim], 0.37),
    past_key: wave([1, keyValueHeads, before, headDim], 1.7),
    past_value: wave([1, keyValueHeads, before, headDim], 0.53),
    total: tensor.int32([keys], [1]),
    last_keys: tensor.int32([keys - 1], [1]),
    bias: tensor.float32(causal, [1, 1, length, keys]),
  };
}
