import { float32Output, openSession, tensor } from '@shadow-gate/checkpoints/onnx';
import { ElementType, Graph } from '@shadow-gate/checkpoints/onnx/graph';
import { describe, expect, it } from 'vitest';
import { CPU } from '../../../../test/language-models.ts';
import { generator } from '../../../platform/test/random.ts';
import type { Attention } from '../../src/architectures/decoder.ts';
import { type AttentionKind, type MixInputs, mixTokens, type SharedInputs } from '../../src/graph/attention.ts';
import { difference } from '../runtime/engines.ts';

const { float32, int32, int64 } = ElementType;
const [HEADS, GROUPS] = [4, 2];
const MASKED = -1e30;

interface Shape {
  readonly batch: number;
  /** Tokens in the KV cache. */
  readonly past: number;
  /** New tokens. */
  readonly length: number;
  /** Size of a head; 8 if missing. */
  readonly size?: number;
}

interface Numbers {
  /** [B, S, heads · size]. */
  readonly query: Float32Array;
  readonly key: Float32Array;
  readonly value: Float32Array;
  /** [B, groups, P, size]. */
  readonly pastKey: Float32Array;
  readonly pastValue: Float32Array;
  /** [B, 1, S, T]. */
  readonly bias: Float32Array;
}

function numbersOf({ batch, past, length, size = 8 }: Shape): Numbers {
  const random = generator(8);
  const some = (count: number) => Float32Array.from({ length: count }, () => 4 * random() - 2);
  const total = past + length;
  return {
    query: some(batch * length * HEADS * size),
    key: some(batch * length * GROUPS * size),
    value: some(batch * length * GROUPS * size),
    pastKey: some(batch * GROUPS * past * size),
    pastValue: some(batch * GROUPS * past * size),
    // As in a tree, some of the earlier tokens are masked too.
    bias: Float32Array.from({ length: batch * length * total }, (_, i) => {
      const [t, s] = [i % total, Math.floor(i / total) % length];
      return t > past + s || (t !== past + s && random() < 0.3) ? MASKED : 0;
    }),
  };
}

/**
 * softmax(softcap(scale · q·k) + bias) · v in float64, number by number (Vaswani et al. 2017, arXiv 1706.03762); the
 * heads of a group share keys and values (Ainslie et al. 2023, arXiv 2305.13245). [B · S, heads · size]
 */
function byHand(
  numbers: Numbers,
  { batch, past, length, size = 8 }: Shape,
  scale: number,
  softcap: number | null,
): number[] {
  const total = past + length;
  const at = (which: 'key' | 'value', b: number, group: number, t: number, i: number): number => {
    const [before, fresh] = which === 'key' ? [numbers.pastKey, numbers.key] : [numbers.pastValue, numbers.value];
    return t < past
      ? (before[((b * GROUPS + group) * past + t) * size + i] as number)
      : (fresh[((b * length + t - past) * GROUPS + group) * size + i] as number);
  };
  const mixed: number[] = [];
  for (let row = 0; row < batch * length * HEADS; row += 1) {
    const head = row % HEADS;
    const group = Math.floor(head / (HEADS / GROUPS));
    const s = Math.floor(row / HEADS) % length;
    const b = Math.floor(row / HEADS / length);
    const shares = Array.from({ length: total }, (_, t) => {
      let product = 0;
      for (let i = 0; i < size; i += 1)
        product += (numbers.query[row * size + i] as number) * at('key', b, group, t, i);
      const scaled = scale * product;
      const capped = softcap === null ? scaled : softcap * Math.tanh(scaled / softcap);
      return Math.exp(capped + (numbers.bias[(b * length + s) * total + t] as number));
    });
    const sum = shares.reduce((all, share) => all + share, 0);
    for (let i = 0; i < size; i += 1) {
      mixed.push(shares.reduce((all, share, t) => all + (share / sum) * at('value', b, group, t, i), 0));
    }
  }
  return mixed;
}

const attentionOf = (scale: number, softcap: number | null, size = 8): Attention => {
  const linear = { module: '', input: 1, output: 1, bias: false };
  return {
    kind: 'attention',
    heads: HEADS,
    keyValueHeads: GROUPS,
    headDim: size,
    valueDim: size,
    projections: { kind: 'separate', query: linear, key: linear, value: linear },
    output: linear,
    scale,
    softcap,
    window: null,
    rope: null,
    alibi: null,
    queryNorm: null,
    keyNorm: null,
    valueNorm: null,
    headNorms: 'before rope',
    temperature: null,
    sinks: null,
    outputGate: null,
  };
};

async function compute(kind: AttentionKind, attention: Attention, numbers: Numbers, { batch, past, length }: Shape) {
  const size = attention.headDim;
  const graph = new Graph();
  const hasPast = past > 0;
  const rows = (name: string, count: number) => graph.input(name, float32, [batch, length, count * size]);
  const before = (name: string) => graph.input(name, float32, [batch, GROUPS, 'P', size]);
  const projected = { query: rows('query', HEADS), key: rows('key', GROUPS), value: rows('value', GROUPS) };
  const totalSequenceLength = graph.input('total_sequence_length', int32, [1]);
  const shared: SharedInputs = {
    positions: totalSequenceLength,
    batchShape: graph.constant([batch, length], 'int64'),
    totalLength: graph.cast(totalSequenceLength, int64),
    seqlensK: graph.input('seqlens_k', int32, [batch]),
    totalSequenceLength,
  };
  const layer: MixInputs = {
    bias: graph.input('bias', float32, [batch, 1, length, 'T']),
    sinks: null,
    past: hasPast ? { key: before('past_key'), value: before('past_value') } : null,
  };
  const { mixed } = mixTokens(graph, attention, projected, shared, layer, kind);
  graph.output('mixed', mixed, float32);
  const session = await openSession(graph, CPU);
  try {
    const all = past + length;
    const pastShape = [batch, GROUPS, past, size];
    const outputs = await session.run({
      query: tensor.float32(numbers.query, [batch, length, HEADS * size]),
      key: tensor.float32(numbers.key, [batch, length, GROUPS * size]),
      value: tensor.float32(numbers.value, [batch, length, GROUPS * size]),
      total_sequence_length: tensor.int32([all], [1]),
      seqlens_k: tensor.int32(Array<number>(batch).fill(all - 1), [batch]),
      bias: tensor.float32(numbers.bias, [batch, 1, length, all]),
      ...(hasPast && {
        past_key: tensor.float32(numbers.pastKey, pastShape),
        past_value: tensor.float32(numbers.pastValue, pastShape),
      }),
    });
    return float32Output(outputs, 'mixed');
  } finally {
    await session.release();
  }
}

describe('attention block by block', () => {
  it.each([100, 769, 900])(
    'is what the fused operator computes of %i tokens, masks of trees included',
    async (length) => {
      const shape = { batch: 2, past: 0, length };
      const numbers = numbersOf(shape);
      const blocks = await compute('blocks', attentionOf(0.35, 2), numbers, shape);
      const fused = await compute('fused', attentionOf(0.35, 2), numbers, shape);
      expect(difference(blocks, [...fused])).toBeLessThanOrEqual(1e-5);
    },
  );
});

const KINDS: readonly AttentionKind[] = ['fused', 'concat', 'split'];

describe.each(KINDS)('%s attention', (kind) => {
  it.each<[string, Shape, number, number | null]>([
    ['without a KV cache', { batch: 2, past: 0, length: 5 }, 0.35, null],
    // The fused operator takes only one sequence of several tokens after a KV cache, and no batch has more.
    ['for one token after a KV cache', { batch: 2, past: 7, length: 1 }, 0.35, null],
    ['for several tokens after a KV cache', { batch: 1, past: 7, length: 40 }, 1 / Math.sqrt(10), null],
    ['with capped scores', { batch: 1, past: 7, length: 4 }, 0.35, 1.5],
    ['with the largest heads (Gemma 4)', { batch: 1, past: 0, length: 40, size: 512 }, 0.02, null],
    ['with the largest heads after a KV cache', { batch: 1, past: 7, length: 40, size: 512 }, 0.02, null],
    ['with capped scores and no KV cache', { batch: 2, past: 0, length: 40 }, 1, 3],
  ])('equals the formula in float64 %s', async (_, shape, scale, softcap) => {
    const numbers = numbersOf(shape);
    const found = await compute(kind, attentionOf(scale, softcap, shape.size), numbers, shape);
    expect(difference(found, byHand(numbers, shape, scale, softcap))).toBeLessThanOrEqual(1e-5);
  });
});
