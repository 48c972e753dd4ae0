import { type Device, float32Output, openSession, tensor } from '@shadow-gate/checkpoints/onnx';
import { ElementType, Graph } from '@shadow-gate/checkpoints/onnx/graph';
import { at } from '@shadow-gate/platform';
import { type Attention, attentionMixers, type Decoder } from '../architectures/decoder.ts';
import { type AttentionKind, type MixInputs, mixTokens, type SharedInputs } from '../graph/attention.ts';
import { MASKED } from './attention-bias.ts';

const { float32, int32, int64 } = ElementType;

/** GroupQueryAttention takes head sizes that are multiples of this. */
const HEAD_MULTIPLE = 8;

interface Trial {
  readonly length: number;
  /** Number of tokens before. */
  readonly before: number;
}

/** One step, and a length for which providers use long-sequence kernels (WebGPU's flash attention starts at 32). */
const TRIALS: readonly Trial[] = [
  { length: 48, before: 0 },
  { length: 1, before: 47 },
];

const TRIAL_TOLERANCE = 1e-3;

/**
 * Fused attention if it gives the right results, else plain products. On the CPU it does for supported head sizes (the
 * tests check it). On other devices it is first compared with plain products: WebGPU's ignores the softcap and is wrong
 * from 32 tokens on with Mesa's software adapter; CUDA has no fused attention in float32.
 */
export async function chooseAttentionKind(
  decoder: Decoder,
  device: Device,
  { useKvCache }: { readonly useKvCache: boolean },
): Promise<AttentionKind> {
  // On the CPU, the KV cache is our memory with spare capacity, and a run returns only the new keys and values.
  if (device.name === 'cpu' && useKvCache) return 'split';
  if (!(await canFuse(decoder, device))) return 'concat';
  return device.name === 'cpu' ? 'blocks' : 'fused';
}

async function canFuse(decoder: Decoder, device: Device): Promise<boolean> {
  const attentions = attentionMixers(decoder);
  const isFusable = attentions.every(
    ({ headDim, valueDim, projections }) =>
      projections.kind !== 'compressed' && headDim % HEAD_MULTIPLE === 0 && valueDim === headDim,
  );
  if (!isFusable) return false;
  if (device.name === 'cpu') return true;
  const distinct = new Map(
    attentions.map((attention) => [`${attention.headDim} ${attention.softcap} ${attention.sinks !== null}`, attention]),
  );
  for (const attention of distinct.values()) if (!(await agrees(attention, device))) return false;
  return true;
}

async function agrees(attention: Attention, device: Device): Promise<boolean> {
  const withoutAlibi: Attention = { ...attention, alibi: null };
  try {
    for (const trial of TRIALS) {
      const fused = await runTrial(withoutAlibi, device, trial, 'fused');
      const plain = await runTrial(withoutAlibi, device, trial, 'concat');
      if (!fused.every((value, i) => Math.abs(value - at(plain, i)) <= TRIAL_TOLERANCE)) return false;
    }
    return true;
  } catch {
    return false;
  }
}

async function runTrial(
  attention: Attention,
  device: Device,
  trial: Trial,
  kind: 'fused' | 'concat',
): Promise<Float32Array> {
  const { heads, keyValueHeads, headDim } = attention;
  const { length } = trial;
  const graph = new Graph();
  const input = (name: string, count: number) => graph.input(name, float32, [1, length, count * headDim]);
  const projected = {
    query: input('query', heads),
    key: input('key', keyValueHeads),
    value: input('value', keyValueHeads),
  };
  const past = (name: string) => graph.input(name, float32, [1, keyValueHeads, 'P', headDim]);
  const totalSequenceLength = graph.input('total_sequence_length', int32, [1]);
  const shared: SharedInputs = {
    // Queries and keys are not rotated here.
    positions: totalSequenceLength,
    batchShape: graph.constant([1, length], 'int64'),
    totalLength: graph.cast(totalSequenceLength, int64),
    seqlensK: graph.input('seqlens_k', int32, [1]),
    totalSequenceLength,
  };
  const layer: MixInputs = {
    bias: graph.input('bias', float32, [1, 1, length, 'T']),
    sinks: attention.sinks === null ? null : graph.constant(Array.from({ length: heads }, Math.sin), 'float32'),
    past: { key: past('past_key'), value: past('past_value') },
  };
  const { mixed } = mixTokens(graph, attention, projected, shared, layer, kind);
  graph.output('mixed', mixed, float32);
  const session = await openSession(graph, device);
  try {
    return float32Output(await session.run(trialFeeds(attention, trial)), 'mixed');
  } finally {
    await session.release();
  }
}

/** Sine waves: as good as random, and the same on every machine. */
function trialFeeds({ heads, keyValueHeads, headDim }: Attention, { length, before }: Trial) {
  const keys = before + length;
  const wave = (shape: readonly number[], step: number) => {
    const size = shape.reduce((product, count) => product * count, 1);
    const values = Float32Array.from({ length: size }, (_, i) => 2 * Math.sin(step * (i + 1)));
    return tensor.float32(values, shape);
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
    total_sequence_length: tensor.int32([keys], [1]),
    seqlens_k: tensor.int32([keys - 1], [1]),
    bias: tensor.float32(causal, [1, 1, length, keys]),
  };
}
