import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BLOCK_FORMATS } from '../../../src/checkpoint/gguf/blocks/index.ts';
import { readGgufHeader } from '../../../src/checkpoint/gguf/header.ts';
import { entryOf } from '../../../src/checkpoint/gguf/tensor-entry.ts';
import { blockOf, tensorValue } from '../../../src/checkpoint/tensor-value.ts';
import type { TensorEntry } from '../../../src/checkpoint/types.ts';
import { ElementType, Graph, type Value } from '../../../src/onnx/graph.ts';
import { float32Output, runGraph } from '../../../src/onnx/session.ts';
import { fixture } from '../../fixtures.ts';
import { CPU } from '../../language-model/runtime/engines.ts';

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

async function entryNamed(name: string): Promise<TensorEntry> {
  const header = await readGgufHeader(FILE);
  const tensor = header.tensors.find((one) => one.name === name);
  if (tensor === undefined) throw new Error(`there is no ${name}`);
  return entryOf(tensor, header);
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
    const quarter = blockOf(entry, 2, 4);
    expect([quarter.shape, quarter.recipe?.stored[0]?.byteLength]).toEqual([
      entry.shape.slice(1),
      entry.byteLength / 4,
    ]);
    expect(await valuesOf(quarter)).toEqual(values.slice(entry.size / 2, (3 * entry.size) / 4));
  });
});
