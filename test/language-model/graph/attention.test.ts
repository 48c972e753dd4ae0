import { describe, expect, it } from 'vitest';
import type { Attention } from '../../../src/language-model/architectures/decoder.ts';
import {
  type AttentionKind,
  applyFusedAttention,
  applyPlainAttention,
  type LayerInputs,
  type Surroundings,
} from '../../../src/language-model/graph/attention.ts';
import { ElementType, Graph } from '../../../src/onnx/graph.ts';
import { float32Output, openSession, tensor } from '../../../src/onnx/session.ts';
import { generator } from '../random.ts';
import { CPU, difference } from '../runtime/engines.ts';

const { float32, int32, int64 } = ElementType;
const [HEADS, GROUPS, SIZE] = [4, 2, 8];
const MASKED = -1e30;

interface Shape {
  readonly batch: number;
  /** Tokens before, and new ones. */
  readonly past: number;
  readonly length: number;
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

function numbersOf({ batch, past, length }: Shape): Numbers {
  const random = generator(8);
  const some = (count: number) => Float32Array.from({ length: count }, () => 4 * random() - 2);
  const total = past + length;
  return {
    query: some(batch * length * HEADS * SIZE),
    key: some(batch * length * GROUPS * SIZE),
    value: some(batch * length * GROUPS * SIZE),
    pastKey: some(batch * GROUPS * past * SIZE),
    pastValue: some(batch * GROUPS * past * SIZE),
    // Not only what comes later is hidden, as in a tree.
    bias: Float32Array.from({ length: batch * length * total }, (_, i) => {
      const [t, s] = [i % total, Math.floor(i / total) % length];
      return t > past + s || (t !== past + s && random() < 0.3) ? MASKED : 0;
    }),
  };
}

/**
 * softmax(cap(scale · q·k) + bias) · v in float64, one number after the other (Vaswani et al. 2017, arXiv 1706.03762), with
 * the heads of a group sharing keys and values (Ainslie et al. 2023, arXiv 2305.13245). [B · S, heads · size]
 */
function byHand(numbers: Numbers, { batch, past, length }: Shape, scale: number, softcap: number | null): number[] {
  const total = past + length;
  const at = (which: 'key' | 'value', b: number, group: number, t: number, i: number): number => {
    const [before, fresh] = which === 'key' ? [numbers.pastKey, numbers.key] : [numbers.pastValue, numbers.value];
    return t < past
      ? (before[((b * GROUPS + group) * past + t) * SIZE + i] as number)
      : (fresh[((b * length + t - past) * GROUPS + group) * SIZE + i] as number);
  };
  const mixed: number[] = [];
  for (let row = 0; row < batch * length * HEADS; row += 1) {
    const head = row % HEADS;
    const group = Math.floor(head / (HEADS / GROUPS));
    const s = Math.floor(row / HEADS) % length;
    const b = Math.floor(row / HEADS / length);
    const shares = Array.from({ length: total }, (_, t) => {
      let product = 0;
      for (let i = 0; i < SIZE; i += 1)
        product += (numbers.query[row * SIZE + i] as number) * at('key', b, group, t, i);
      const scaled = scale * product;
      const capped = softcap === null ? scaled : softcap * Math.tanh(scaled / softcap);
      return Math.exp(capped + (numbers.bias[(b * length + s) * total + t] as number));
    });
    const sum = shares.reduce((all, share) => all + share, 0);
    for (let i = 0; i < SIZE; i += 1) {
      mixed.push(shares.reduce((all, share, t) => all + (share / sum) * at('value', b, group, t, i), 0));
    }
  }
  return mixed;
}

const attentionOf = (scale: number, softcap: number | null): Attention => {
  const linear = { module: '', input: 1, output: 1, bias: false };
  return {
    heads: HEADS,
    keyValueHeads: GROUPS,
    headDim: SIZE,
    projections: { kind: 'separate', query: linear, key: linear, value: linear },
    output: linear,
    scale,
    softcap,
    window: null,
    rope: null,
    alibi: null,
    queryNorm: null,
    keyNorm: null,
  };
};

async function compute(kind: AttentionKind, attention: Attention, numbers: Numbers, { batch, past, length }: Shape) {
  const graph = new Graph();
  const hasPast = past > 0;
  const rows = (name: string, count: number) => graph.input(name, float32, [batch, length, count * SIZE]);
  const before = (name: string) => graph.input(name, float32, [batch, GROUPS, 'P', SIZE]);
  const [query, key, value] = [rows('query', HEADS), rows('key', GROUPS), rows('value', GROUPS)];
  const total = graph.input('total', int32, [1]);
  const surroundings: Surroundings = {
    positions: total,
    batchShape: graph.constant([batch, length], 'int64'),
    totalLength: graph.cast(total, int64),
    lastKeys: graph.input('last_keys', int32, [batch]),
    total,
  };
  const inputs: LayerInputs = {
    bias: graph.input('bias', float32, [batch, 1, length, 'T']),
    rope: null,
    past: hasPast ? { key: before('past_key'), value: before('past_value') } : null,
  };
  const { mixed } =
    kind === 'fused'
      ? applyFusedAttention(graph, attention, query, key, value, surroundings, inputs)
      : applyPlainAttention(graph, attention, query, key, value, surroundings, inputs, kind);
  graph.output('mixed', mixed, float32);
  const session = await openSession(graph, CPU);
  try {
    const all = past + length;
    const pastShape = [batch, GROUPS, past, SIZE];
    const outputs = await session.run({
      query: tensor.float32(numbers.query, [batch, length, HEADS * SIZE]),
      key: tensor.float32(numbers.key, [batch, length, GROUPS * SIZE]),
      value: tensor.float32(numbers.value, [batch, length, GROUPS * SIZE]),
      total: tensor.int32([all], [1]),
      last_keys: tensor.int32(Array<number>(batch).fill(all - 1), [batch]),
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

const KINDS: readonly AttentionKind[] = ['fused', 'concat', 'split'];

describe.each(KINDS)('%s attention is the formula', (kind) => {
  it.each<[string, Shape, number, number | null]>([
    ['without a past', { batch: 2, past: 0, length: 5 }, 0.35, null],
    // The fused operator takes no more than one sequence of several tokens after a past: no pass has more.
    ['one token after a past', { batch: 2, past: 7, length: 1 }, 0.35, null],
    ['several tokens after a past', { batch: 1, past: 7, length: 40 }, 1 / Math.sqrt(10), null],
    ['with capped scores', { batch: 1, past: 7, length: 4 }, 0.35, 1.5],
    ['with capped scores and no past', { batch: 2, past: 0, length: 40 }, 1, 3],
  ])('%s', async (_, shape, scale, softcap) => {
    const numbers = numbersOf(shape);
    const found = await compute(kind, attentionOf(scale, softcap), numbers, shape);
    expect(difference(found, byHand(numbers, shape, scale, softcap))).toBeLessThanOrEqual(1e-5);
  });
});
