// Products with matrices of 4 and 8 bits on this machine's processor, compared with the matrix in float32, and which of
// them the gate uses for how many rows. Usage: npm run bench:products [-- --shape 1536x8960] [--rows 1,8,32,64,96,128,
// 256,512] [--repeats 7]
//
// Milliseconds of one run: the least of several, in turns. The error is the largest, relative to the root mean square
// of the outputs, against float64.
import { parseArgs } from 'node:util';
import { openSession, type Session, tensor } from '@shadow-gate/checkpoints/onnx';
import { ElementType, type Value } from '@shadow-gate/checkpoints/onnx/graph';
import type { PackedValues } from '@shadow-gate/checkpoints/tensors';
import { at } from '@shadow-gate/platform';
import type { Weights } from '../../packages/language-model/src/architectures/weights.ts';
import { ModelGraph } from '../../packages/language-model/src/graph/model-graph.ts';
import {
  multiplyBytes,
  multiplyExpandedBytes,
  multiplyPacked,
  type PackedProduct,
  ROWS_EXPANDED,
} from '../../packages/language-model/src/graph/packed-product.ts';
import { describeProcessor } from '../machine.ts';

const { values } = parseArgs({
  options: {
    shape: { type: 'string', default: '1536x8960' },
    rows: { type: 'string', default: '1,8,32,64,96,128,256,512' },
    repeats: { type: 'string', default: '7' },
  },
});
const [columns = 0, outputs = 0] = values.shape.split('x').map(Number);
const rows = values.rows.split(',').map(Number);
const BLOCK = 32;

/** Without an order, from 0 to 1. */
const number = (i: number) => (Math.imul(i + 1, 2654435761) >>> 8) / 2 ** 24;

interface Product {
  readonly name: string;
  readonly bits: 4 | 8 | 32;
  readonly build: (graph: ModelGraph, product: PackedProduct) => Value;
}

const PRODUCTS: readonly Product[] = [
  {
    name: 'float32',
    bits: 32,
    build: (graph, { x, packed }) => graph.op('Gemm', [x, packed.codes], { transB: 1 }),
  },
  { name: '4 bits', bits: 4, build: multiplyPacked },
  { name: '8 bits, as pairs of 4', bits: 8, build: multiplyBytes },
  { name: '8 bits, expanded', bits: 8, build: multiplyExpandedBytes },
];

const weights = { mostExpanded: 2 ** 27 } as Weights;
const most = Math.max(...rows);
const x = Float32Array.from({ length: most * columns }, (_, i) => number(i) - 0.5);
const byte = (i: number) => Math.floor(number(i) * 256);
const scale = (i: number) => (number(i + 5) + 0.5) / 1000;

/** The number that an element of the matrix stands for. */
function weight(bits: number, i: number): number {
  const nibble = i % 2 === 0 ? byte(i >> 1) & 15 : byte(i >> 1) >> 4;
  return (bits === 4 ? nibble - 8 : byte(i) - 128) * scale(Math.floor(i / BLOCK));
}

async function open({ bits, build }: Product): Promise<Session> {
  const graph = new ModelGraph(weights);
  const input = graph.input('x', ElementType.float32, ['M', columns]);
  const blocks = [outputs, columns / BLOCK];
  const size = outputs * columns;
  const floats = (dims: readonly number[], of: (i: number) => number) => {
    const length = dims.reduce((all, dim) => all * dim, 1);
    return graph.prepared(dims, [
      (part) =>
        part.constant(
          Array.from({ length }, (_, i) => of(i)),
          'float32',
        ),
    ]);
  };
  const codes = () =>
    graph.prepared(
      [...blocks, (BLOCK * bits) / 8],
      [
        (part) =>
          part.constant(
            Array.from({ length: (size * bits) / 8 }, (_, i) => byte(i)),
            'uint8',
          ),
      ],
      ElementType.uint8,
    );
  const packed: PackedValues = {
    bits: bits === 4 ? 4 : 8,
    block: BLOCK,
    codes: bits === 32 ? floats([outputs, columns], (i) => weight(8, i)) : codes(),
    scales: bits === 32 ? input : floats(blocks, scale),
    offsets: null,
  };
  graph.output('y', build(graph, { x: input, packed, shape: [outputs, columns], bias: null }), ElementType.float32);
  return openSession(graph, { name: 'cpu', reason: 'timed' }, { allowSpinning: false });
}

/** The largest error of some outputs of the first row. */
function errorOf({ bits }: Product, y: Float32Array): number {
  const size = Math.sqrt(y.subarray(0, outputs).reduce((sum, value) => sum + value * value, 0) / outputs);
  const errors = Array.from({ length: 64 }, (_, k) => {
    const row = Math.floor((k * outputs) / 64);
    let sum = 0;
    for (let i = 0; i < columns; i += 1) sum += at(x, i) * weight(bits === 4 ? 4 : 8, row * columns + i);
    return Math.abs(at(y, row) - sum) / size;
  });
  return Math.max(...errors);
}

const sessions: Session[] = [];
for (const product of PRODUCTS) sessions.push(await open(product));
const least = PRODUCTS.map(() => rows.map(() => Number.POSITIVE_INFINITY));
const errors = PRODUCTS.map(() => 0);
for (let repeat = 0; repeat < Number(values.repeats); repeat += 1) {
  for (const [r, count] of rows.entries()) {
    for (const [p, session] of sessions.entries()) {
      const feeds = { x: tensor.float32(x.subarray(0, count * columns), [count, columns]) };
      const before = performance.now();
      const { y } = await session.run(feeds);
      const taken = performance.now() - before;
      const row = at(least, p);
      row[r] = Math.min(at(row, r), taken);
      errors[p] = Math.max(at(errors, p), errorOf(at(PRODUCTS, p), y?.data as Float32Array));
    }
  }
}
console.log(`${describeProcessor()}, ${columns} × ${outputs}, blocks of ${BLOCK}\n`);
console.log(`| product, ms | ${rows.join(' | ')} | largest error |`);
console.log(`| --- |${' --- |'.repeat(rows.length + 1)}`);
for (const [p, { name }] of PRODUCTS.entries()) {
  const times = at(least, p).map((time) => time.toFixed(1));
  console.log(`| ${name} | ${times.join(' | ')} | ${at(errors, p).toExponential(0)} |`);
}
const used = rows.map((count) => (count < ROWS_EXPANDED ? 'pairs' : 'expanded'));
const fastest = rows.map((_, r) => (at(at(least, 2), r) < at(at(least, 3), r) ? 'pairs' : 'expanded'));
console.log(`| used for 8 bits | ${used.join(' | ')} | |`);
console.log(`| faster here | ${fastest.join(' | ')} | |`);
for (const session of sessions) await session.release();
