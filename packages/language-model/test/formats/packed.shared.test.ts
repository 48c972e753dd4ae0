import { readdirSync } from 'node:fs';
import { openReference } from '@shadow-gate/checkpoints';
import { float32Output, runGraph } from '@shadow-gate/checkpoints/onnx';
import { ElementType, Graph, type Value } from '@shadow-gate/checkpoints/onnx/graph';
import { type PackedMatrix, type TensorEntry, tensorValue } from '@shadow-gate/checkpoints/tensors';
import { at } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { fixture } from '../../../../test/fixtures.ts';
import { CPU } from '../../../../test/language-models.ts';
import { difference } from '../runtime/engines.ts';

/** Bits in memory, and how many matrices have so many. All others are expanded. */
const PACKED: Readonly<Record<string, Readonly<Record<number, number>>>> = {
  'auto-round': { 4: 6, 8: 1 },
  awq: { 4: 7 },
  'gptq-3bit': { 4: 7 },
  'gptq-8bit': { 8: 7 },
  'int4-blocks': { 4: 7 },
  'int5-zeros': { 8: 7 },
  'int8-bitsandbytes-blocks': { 8: 7 },
  'int8-channels': { 8: 7 },
  'mlx-affine': { 4: 4, 8: 4 },
  'mlx-experts': { 4: 3 },
  'mlx-floats': { 8: 1 },
  'torchao-int': { 4: 2, 8: 5 },
};

async function computed(value: (graph: Graph) => Value): Promise<Float32Array> {
  const graph = new Graph();
  graph.output('values', graph.cast(value(graph), ElementType.float32), ElementType.float32);
  return float32Output(await runGraph(graph, CPU), 'values');
}

/** The numbers that MatMulNBits makes of a packed form, with offsets added, by its description in onnxruntime. */
async function numbersOf({ size }: TensorEntry, { bits, block, codes, scales, offsets }: PackedMatrix) {
  const [bytes, factors] = [await computed(codes), await computed(scales)];
  const added = offsets && (await computed(offsets));
  expect(bytes.length).toBe((size * bits) / 8);
  expect([factors.length, added?.length ?? factors.length]).toEqual([size / block, size / block]);
  return Float32Array.from({ length: size }, (_, i) => {
    const byte = at(bytes, bits === 8 ? i : i >> 1);
    const code = bits === 8 ? byte : i % 2 === 0 ? byte & 15 : byte >> 4;
    const group = Math.floor(i / block);
    return (code - 2 ** (bits - 1)) * at(factors, group) + (added ? at(added, group) : 0);
  });
}

function largest(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

describe.each(readdirSync(fixture('quantized')))('the packed forms of %s', (name) => {
  it('are of these bits, and stand for the numbers of its library', async () => {
    const { tensors } = await openReference(fixture('quantized', name));
    const counts: Record<number, number> = {};
    for (const entry of tensors.values()) {
      const packed = entry.recipe?.packed;
      if (packed === undefined) continue;
      counts[packed.bits] = (counts[packed.bits] ?? 0) + 1;
      const expected = await computed((graph) => tensorValue(graph, entry));
      const numbers = await numbersOf(entry, packed);
      expect(difference(numbers, expected)).toBeLessThanOrEqual(2 ** -22 * largest(expected));
    }
    expect(counts).toEqual(PACKED[name] ?? {});
  });
});

it.each(['mlx-affine'])('rows of %s are those of the whole table', async (name) => {
  const { tensors } = await openReference(fixture('quantized', name));
  const tables = [...tensors.values()].filter(({ recipe }) => recipe?.rows);
  expect(tables.length).toBeGreaterThan(0);
  for (const entry of tables) {
    const rows = [3, 0, at(entry.shape, 0) - 1];
    const width = at(entry.shape, 1);
    const whole = await computed((graph) => tensorValue(graph, entry));
    const some = await computed((graph) => entry.recipe?.rows?.(graph, graph.constant(rows, 'int64')) ?? ('' as Value));
    expect([...some]).toEqual(rows.flatMap((row) => [...whole.subarray(row * width, (row + 1) * width)]));
  }
});
