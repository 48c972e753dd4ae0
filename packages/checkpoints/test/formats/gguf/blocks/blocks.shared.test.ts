import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readGgufHeader } from '@shadow-gate/checkpoints/formats';
import { float32Output, openSession, runGraph, tensor } from '@shadow-gate/checkpoints/onnx';
import { ElementType, Graph, type Value } from '@shadow-gate/checkpoints/onnx/graph';
import type { TensorEntry } from '@shadow-gate/checkpoints/tensors';
import { preparedValue, tensorBlock, tensorValue } from '@shadow-gate/checkpoints/tensors';
import { describe, expect, it } from 'vitest';
import { fixture, temporaryFolder } from '../../../../../../test/fixtures.ts';
import { CPU } from '../../../../../../test/language-models.ts';
import { BLOCK_FORMATS } from '../../../../src/formats/gguf/blocks/index.ts';
import { ggufTensorEntry } from '../../../../src/formats/gguf/tensor-entry.ts';
import { ggufBytes } from '../write-gguf.ts';

const FILE = process.env.GGUF_BLOCKS ?? fixture('gguf', 'blocks.gguf');
const expected: Record<string, { readonly shape: number[]; readonly sha256: string }> = JSON.parse(
  readFileSync(FILE.replace(/gguf$/, 'json'), 'utf8'),
);

async function compute(value: (graph: Graph) => Value): Promise<Float32Array> {
  const graph = new Graph();
  graph.output('values', value(graph), ElementType.float32);
  return float32Output(await runGraph(graph, CPU), 'values');
}

const valuesOf = (entry: TensorEntry) => compute((graph) => tensorValue(graph, entry));

const NOTHING = '' as Value;

async function entryNamed(name: string): Promise<TensorEntry> {
  const header = await readGgufHeader(FILE);
  const found = header.tensors.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return ggufTensorEntry(found, header);
}

it('has a test for each block type', () => {
  expect(Object.keys(expected).sort()).toEqual([...BLOCK_FORMATS.keys()].sort());
});

describe.each(Object.keys(expected))('blocks of %s', (name) => {
  it('have the numbers of gguf-py, bit for bit', async () => {
    const entry = await entryNamed(name);
    // Zeros have no sign here.
    const values = (await valuesOf(entry)).map((value) => value + 0);
    const sha256 = createHash('sha256').update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    expect({ shape: entry.shape, sha256: sha256.digest('hex') }).toEqual(expected[name]);
  });

  it('have steps of their size, and parts that are expanded alone', async () => {
    const entry = await entryNamed(name);
    const values = await valuesOf(entry);
    const steps = await compute((graph) => entry.recipe?.steps(graph) ?? graph.constant([], 'float32'));
    expect(steps).toHaveLength(entry.size);
    const most = (numbers: Float32Array) => numbers.reduce((all, value) => Math.max(all, Math.abs(value)), 0);
    expect(steps.every((step) => step >= 0)).toBe(true);
    expect(most(steps)).toBeGreaterThan(0);
    expect(most(steps)).toBeLessThanOrEqual(2.0001 * most(values));
    const quarter = tensorBlock(entry, 2, 4);
    expect([quarter.shape, quarter.recipe?.stored[0]?.byteLength]).toEqual([
      entry.shape.slice(1),
      entry.byteLength / 4,
    ]);
    expect(await valuesOf(quarter)).toEqual(values.slice(entry.size / 2, (3 * entry.size) / 4));
    // Embeddings are looked up so.
    const rows = await compute((graph) => entry.recipe?.rows?.(graph, graph.constant([3, 0], 'int64')) ?? NOTHING);
    expect(rows).toEqual(Float32Array.of(...values.slice((3 * entry.size) / 4), ...values.slice(0, entry.size / 4)));
  });
});

const PACKED = [...BLOCK_FORMATS].flatMap(([name, { integers }]) => (integers ? [name] : []));

it('have whole numbers in the common formats', () => {
  expect(PACKED).toEqual(['Q4_0', 'Q4_1', 'Q5_0', 'Q5_1', 'Q8_0', 'Q4_K', 'Q5_K', 'Q6_K']);
});

it.each(PACKED)('whole numbers of %s with their scales are the numbers of gguf-py', async (name) => {
  const entry = await entryNamed(name);
  // The fixtures have several dimensions; rows of a matrix are whole blocks.
  const shape = [entry.shape.slice(0, -1).reduce((a, b) => a * b, 1), entry.shape.at(-1) ?? 0];
  const header = await readGgufHeader(FILE);
  const found = header.tensors.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  const packed = ggufTensorEntry({ ...found, shape }, header).recipe?.packed;
  if (packed === undefined) throw new Error(`${name} is not packed`);
  const { bits, block } = packed;
  const graph = new Graph();
  graph.output('codes', graph.cast(packed.codes(graph), ElementType.float32), ElementType.float32);
  graph.output('scales', packed.scales(graph), ElementType.float32);
  if (packed.offsets) graph.output('offsets', packed.offsets(graph), ElementType.float32);
  const outputs = await runGraph(graph, CPU);
  const bytes = float32Output(outputs, 'codes');
  const codes = bits === 8 ? bytes : [...bytes].flatMap((byte) => [byte & 15, byte >> 4]);
  const [scales, offsets] = [float32Output(outputs, 'scales'), packed.offsets && float32Output(outputs, 'offsets')];
  const values = await valuesOf(entry);
  const most = values.reduce((all, value) => Math.max(all, Math.abs(value)), 0);
  expect(codes).toHaveLength(values.length);
  for (const [i, value] of values.entries()) {
    const group = Math.floor(i / block);
    const own = ((codes[i] ?? Number.NaN) - 2 ** (bits - 1)) * (scales[group] ?? Number.NaN) + (offsets?.[group] ?? 0);
    expect(Math.abs(own - value)).toBeLessThanOrEqual(1e-6 * most);
  }
});

it('are expanded before a session is opened, part by part, and looked up by row', async () => {
  const path = join(temporaryFolder(), 'large.gguf');
  // 2^17 elements of Q8_0: blocks of a scale and 32 codes.
  const rows = Array.from({ length: 4096 }, (_, i) => [
    0,
    0x2c,
    ...Array.from({ length: 32 }, (__, j) => (i * 7 + j * 3) & 255),
  ]);
  writeFileSync(
    path,
    ggufBytes({ tensors: [{ name: 'w', type: 8, dims: [512, 256], data: Buffer.from(rows.flat()) }] }),
  );
  const header = await readGgufHeader(path);
  const entry = header.tensors.map((one) => ggufTensorEntry(one, header))[0];
  if (entry === undefined) throw new Error('there is a tensor');
  const graph = new Graph();
  const x = graph.input('x', ElementType.float32, [1, 512]);
  graph.output('y', graph.op('Gemm', [x, preparedValue(graph, entry)], { transB: 1 }), ElementType.float32);
  expect(graph.preparations).toMatchObject([{ size: 131072 }]);
  const session = await openSession(graph, CPU);
  const ones = new Float32Array(512).fill(1);
  const sums = float32Output(await session.run({ x: tensor.float32(ones, [1, 512]) }), 'y');
  await session.release();
  const values = await valuesOf(entry);
  const expected = Array.from({ length: 256 }, (_, i) =>
    values.subarray(512 * i, 512 * (i + 1)).reduce((a, b) => a + b),
  );
  expect(Math.max(...expected.map((sum, i) => Math.abs(sum - (sums[i] ?? Number.NaN))))).toBeLessThan(1e-3);
});
