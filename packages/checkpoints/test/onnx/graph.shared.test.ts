import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Device,
  float32Output,
  float64Output,
  openSession,
  runGraph,
  tensor,
} from '@shadow-gate/checkpoints/onnx';
import { ElementType, Graph, onnxElementType, type Value } from '@shadow-gate/checkpoints/onnx/graph';
import onnxProto from 'onnx-proto';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../../test/fixtures.ts';

const CPU: Device = { name: 'cpu', reason: 'for the tests' };
const { float32, float64, int64, bfloat16, float16 } = ElementType;

/** The graph as a reader of the file sees it. */
function decoded(graph: Graph) {
  const model = onnxProto.onnx.ModelProto.decode(graph.serialize());
  return {
    nodes: (model.graph?.node ?? []).map(({ opType, input, output, domain, attribute }) => ({
      opType,
      input,
      output,
      domain,
      attribute,
    })),
    initializers: model.graph?.initializer ?? [],
    model,
  };
}

/** Run once with these inputs. */
async function run(graph: Graph, feeds: Parameters<Awaited<ReturnType<typeof openSession>>['run']>[0]) {
  const session = await openSession(graph, CPU);
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

const numbers = (...values: number[]) => tensor.float32(Float32Array.from(values), [values.length]);

it('a step that is repeated is one node: half of the distance to 8, three times', async () => {
  const graph = new Graph();
  const x = graph.input('x', float32, ['N']);
  const half = (value: Value) =>
    graph.op('Mul', [graph.op('Add', [value, graph.constant([8], 'float32')]), graph.constant([0.5], 'float32')]);
  graph.output('y', graph.repeat(3, x, half), float32);
  expect(decoded(graph).nodes.map(({ opType }) => opType)).toEqual(['Loop']);
  const { y } = await run(graph, { x: numbers(0, 16) });
  expect(y?.data).toEqual(Float32Array.of(7, 9));
});

it('blocks of any length are joined, and only the branch that is chosen is computed', async () => {
  const graph = new Graph();
  const x = graph.input('x', float32, ['N']);
  const count = graph.op('Shape', [x]);
  const doubled = graph.op('Add', [x, x]);
  // Block i has the first i + 1 numbers.
  const block = (index: Value) => {
    const [zero, one] = [0, 1].map((value) => graph.constant([value], 'int64'));
    return graph.op('Slice', [doubled, zero ?? null, graph.op('Add', [index, one ?? null]), zero ?? null]);
  };
  const isLong = graph.op('Greater', [count, graph.constant([2], 'int64')]);
  const stairs = graph.choose(
    isLong,
    () => graph.joinBlocks(graph.reshape(count, []), 0, block),
    () => graph.op('Neg', [doubled]),
  );
  graph.output('stairs', stairs, float32);
  // An output of its own that inner graphs take by its name.
  graph.output('doubled', doubled, float32);
  const long = await run(graph, { x: numbers(1, 2, 3) });
  expect(long.stairs?.data).toEqual(Float32Array.of(2, 2, 4, 2, 4, 6));
  expect(long.doubled?.data).toEqual(Float32Array.of(2, 4, 6));
  expect((await run(graph, { x: numbers(1, 2) })).stairs?.data).toEqual(Float32Array.of(-2, -4));
});

describe('numbers that are prepared before a session', () => {
  it('are computed part by part, in the order of the parts, and mixed with those of files', async () => {
    const graph = new Graph();
    const part =
      (...values: number[]) =>
      (own: Graph) =>
        own.op('Neg', [own.constant(values, 'float32', [1, 2])]);
    const matrix = graph.prepared([3, 2], [part(1, 2), part(3, 4), part(5, 6)]);
    const other = graph.prepared([2], [part(10, 20)]);
    const file = join(temporaryFolder(), 'numbers');
    writeFileSync(file, new Uint8Array(Float32Array.of(9, 0.5).buffer));
    const half = graph.external({ file, offset: 4, byteLength: 4 }, float32, [1]);
    const x = graph.input('x', float32, [2]);
    const both = graph.op('Add', [graph.op('MatMul', [matrix, graph.op('Add', [x, other])]), half]);
    graph.output('y', both, float32);
    const { y } = await run(graph, { x: numbers(11, 20) });
    // x plus the second is [1, 0].
    expect(y?.data).toEqual(Float32Array.of(-0.5, -2.5, -4.5));
    expect(graph.weightMemory.held).toBe(4 * (6 + 2 + 1));
  });
});

describe('outputs of a Graph', () => {
  it('are written by the nodes that compute them, so that they can be bound to memory', async () => {
    const graph = new Graph();
    const x = graph.input('x', float32, ['N']);
    const double = graph.op('Add', [x, x]);
    // Used inside too, under its new name.
    graph.output('four', graph.op('Add', [double, double]), float32);
    graph.output('two', double, float32);
    expect(decoded(graph).nodes.map(({ opType, input, output }) => [opType, input, output])).toEqual([
      ['Add', ['x', 'x'], ['two']],
      ['Add', ['two', 'two'], ['four']],
    ]);
    const outputs = await run(graph, { x: numbers(1, 2) });
    expect([float32Output(outputs, 'two'), float32Output(outputs, 'four')]).toEqual([
      Float32Array.of(2, 4),
      Float32Array.of(4, 8),
    ]);
    expect(graph.outputNames).toEqual(['four', 'two']);
  });

  it('are copies if no node computes them, or if they are declared twice', async () => {
    const graph = new Graph();
    const x = graph.input('x', float32, ['N']);
    const constant = graph.constant([7], 'float32');
    const sum = graph.op('Add', [x, x]);
    graph.output('same', x, float32);
    graph.output('seven', constant, float32);
    graph.output('sum', sum, float32);
    graph.output('again', sum, float32);
    expect(decoded(graph).nodes.map(({ opType, input, output }) => [opType, input, output])).toEqual([
      ['Add', ['x', 'x'], ['sum']],
      ['Identity', ['x'], ['same']],
      ['Identity', [constant], ['seven']],
      ['Identity', ['sum'], ['again']],
    ]);
    const outputs = await run(graph, { x: numbers(1, 2) });
    expect(['same', 'seven', 'sum', 'again'].map((name) => [...float32Output(outputs, name)])).toEqual([
      [1, 2],
      [7],
      [2, 4],
      [2, 4],
    ]);
  });

  it('can be some of those of a node, and inputs can be left out', async () => {
    const graph = new Graph();
    const x = graph.input('x', float32, [1, 2]);
    const gain = graph.constant([1, 1], 'float32');
    const [normed, mean, deviation, sum] = graph.node('SkipSimplifiedLayerNormalization', [x, x, gain], {
      outputs: [true, false, false, true],
      attributes: { epsilon: { float: 0 } },
      domain: 'com.microsoft',
    });
    expect([mean, deviation]).toEqual([null, null]);
    graph.output('normed', normed, float32);
    graph.output('sum', sum, float32);
    // Clip's lower bound is left out, the upper one is 3.
    graph.output('clipped', graph.op('Clip', [x, null, graph.constant([3], 'float32', [])]), float32);
    const outputs = await run(graph, { x: tensor.float32(Float32Array.of(3, 4), [1, 2]) });
    expect([...float32Output(outputs, 'sum')]).toEqual([6, 8]);
    // 6 and 8 over √((36 + 64) / 2) = 7.071068.
    expect(float32Output(outputs, 'normed')[0]).toBeCloseTo(0.848528, 5);
    expect([...float32Output(outputs, 'clipped')]).toEqual([3, 3]);
  });
});

describe('attributes', () => {
  it('have the type of their operator: 1 is INT, { float: 1 } is FLOAT', async () => {
    const graph = new Graph();
    const x = graph.input('x', float32, [2]);
    const scaled = graph.op('LeakyRelu', [x], { alpha: { float: 1 } });
    graph.op('Transpose', [x], { perm: [0] });
    graph.op('ReduceSum', [x], { keepdims: 1 });
    graph.op('ScatterND', [x], { reduction: 'add' });
    graph.output('y', scaled, float32);
    const { AttributeType } = onnxProto.onnx.AttributeProto;
    const attributes = decoded(graph).nodes.map(({ attribute }) => attribute?.[0]);
    expect(attributes.map((attribute) => attribute?.type)).toEqual([
      AttributeType.FLOAT,
      AttributeType.INTS,
      AttributeType.INT,
      AttributeType.STRING,
    ]);
    expect(attributes[0]?.f).toBe(1);
    expect(Buffer.from(attributes[3]?.s ?? []).toString()).toBe('add');
  });

  it('can be text, such as the reduction of ScatterND', async () => {
    const graph = new Graph();
    const x = graph.input('x', float32, [3]);
    const indices = graph.constant([0, 2, 2], 'int64', [3, 1]);
    const values = graph.constant([10, 20, 30], 'float32');
    graph.output('y', graph.op('ScatterND', [x, indices, values], { reduction: 'add' }), float32);
    expect([...float32Output(await run(graph, { x: numbers(1, 2, 3) }), 'y')]).toEqual([11, 2, 53]);
  });
});

describe('constants and weights', () => {
  it('are stored once for the same numbers, shape and type', () => {
    const graph = new Graph();
    const first = graph.constant([1, 2], 'int64');
    expect(graph.constant([1, 2], 'int64')).toBe(first);
    expect(graph.constant([1, 2], 'int64', [2, 1])).not.toBe(first);
    expect(graph.constant([1, 2], 'int32')).not.toBe(first);
    expect(decoded(graph).initializers).toHaveLength(3);
  });

  it('are read from the middle of their file, and are not in the graph', async () => {
    const file = join(temporaryFolder(), 'weights.bin');
    writeFileSync(file, Buffer.concat([Buffer.alloc(4096, 0xff), Buffer.from(Float32Array.of(1.5, -2, 8).buffer)]));
    const graph = new Graph();
    const weights = graph.external({ file, offset: 4096, byteLength: 12 }, float32, [3]);
    graph.output('y', graph.op('Neg', [weights]), float32);
    expect([...float32Output(await runGraph(graph, CPU), 'y')]).toEqual([-1.5, 2, -8]);
    expect(graph.serialize().length).toBeLessThan(600);
  });

  it('have the type of the safetensors dtype', () => {
    const typeOf = (dtype: string) => onnxElementType({ name: 'x', dtype });
    expect(['F64', 'F32', 'F16', 'BF16'].map(typeOf)).toEqual([float64, float32, float16, bfloat16]);
    expect(() => typeOf('I8')).toThrow('x: dtype I8 is not floating-point');
    expect(() => typeOf('toString')).toThrow(/not floating-point/);
  });
});

describe('a graph', () => {
  it('computes in float64 if its values are float64', async () => {
    const graph = new Graph();
    const third = graph.constant([1 / 3], 'float64');
    graph.output('y', graph.sum([third, third, third]), float64);
    expect(float64Output(await runGraph(graph, CPU), 'y')[0]).toBe(1);
    expect(() => float32Output({}, 'y')).toThrow('output y is not float32');
  });

  it('slices with a step, reshapes and casts', async () => {
    const graph = new Graph();
    const x = graph.constant([0, 1, 2, 3, 4, 5, 6], 'float32');
    const some = graph.slice(x, 0, 1, 7, 2);
    graph.output('slice', some, float32);
    graph.output('whole', graph.cast(graph.reshape(some, [3, 1]), int64), int64);
    const outputs = await runGraph(graph, CPU);
    expect([...float32Output(outputs, 'slice')]).toEqual([1, 3, 5]);
    expect(outputs.whole?.dims).toEqual([3, 1]);
    expect(outputs.whole?.data).toEqual(BigInt64Array.of(1n, 3n, 5n));
  });

  it('throws for a sum of no values', () => {
    expect(() => new Graph().sum([])).toThrow('at least one value');
  });
});
