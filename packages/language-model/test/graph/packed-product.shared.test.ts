import { float32Output, openSession, tensor } from '@shadow-gate/checkpoints/onnx';
import { ElementType, type Graph } from '@shadow-gate/checkpoints/onnx/graph';
import type { TensorEntry } from '@shadow-gate/checkpoints/tensors';
import { at } from '@shadow-gate/platform';
import { expect, it } from 'vitest';
import { CPU } from '../../../../test/language-models.ts';
import type { Weights } from '../../src/architectures/weights.ts';
import { applyWeight } from '../../src/graph/linear.ts';
import { ModelGraph } from '../../src/graph/model-graph.ts';
import { ROWS_EXPANDED } from '../../src/graph/packed-product.ts';

const [ROWS, COLUMNS] = [256, 512];
const SIZE = ROWS * COLUMNS;

it.each([
  { bits: 4, block: 32, hasOffsets: true, tokens: 3 },
  { bits: 4, block: 32, hasOffsets: false, tokens: 3 },
  { bits: 8, block: 16, hasOffsets: false, tokens: 3 },
  { bits: 8, block: 32, hasOffsets: true, tokens: 3 },
  // Expanded for each product, in blocks of rows.
  { bits: 8, block: 16, hasOffsets: false, tokens: ROWS_EXPANDED },
  { bits: 8, block: 32, hasOffsets: true, tokens: ROWS_EXPANDED },
] as const)(
  'a product of $tokens rows with $bits bits in blocks of $block is that with the numbers they stand for, offsets: $hasOffsets',
  async ({ bits, block, hasOffsets, tokens }) => {
    /** Between −1 and 1, without an order. */
    const number = (i: number) => Math.sin(1 + i * i);
    const numbers = (count: number) => Array.from({ length: count }, (_, i) => number(i + bits));
    const codes = Array.from({ length: SIZE }, (_, i) => Math.floor((number(i) + 1) * 2 ** (bits - 1) * 0.999));
    const [scales, offsets] = [numbers(SIZE / block), numbers(hasOffsets ? SIZE / block : 0)];
    const bytes = bits === 8 ? codes : codes.flatMap((code, i) => (i % 2 === 0 ? [code + 16 * at(codes, i + 1)] : []));
    const packed = {
      bits,
      block,
      codes: (graph: Graph) => graph.constant(bytes, 'uint8'),
      scales: (graph: Graph) => graph.constant(scales, 'float32'),
      ...(hasOffsets ? { offsets: (graph: Graph) => graph.constant(offsets, 'float32') } : {}),
    };
    const unused = () => {
      throw new Error('nothing is expanded');
    };
    const recipe = { stored: [], parameters: [], expand: unused, steps: unused, packed };
    const shape = [ROWS, COLUMNS];
    const entry: TensorEntry = { name: 'w', dtype: 'Q', shape, size: SIZE, file: '', offset: 0, byteLength: 0, recipe };
    const mostExpanded = 4 * COLUMNS * 100;
    const weights = { mostExpanded, inMemory: { packed: () => packed } } as unknown as Weights;
    const [bias, x] = [numbers(ROWS), Float32Array.from(numbers(tokens * COLUMNS))];

    const graph = new ModelGraph(weights);
    const input = graph.input('x', ElementType.float32, ['M', COLUMNS]);
    const product = applyWeight(graph, input, entry, { bias: graph.constant(bias, 'float32') });
    graph.output('y', product, ElementType.float32);
    const session = await openSession(graph, CPU);
    const y = float32Output(await session.run({ x: tensor.float32(x, [tokens, COLUMNS]) }), 'y');
    await session.release();

    const weight = (i: number) => {
      const group = Math.floor(i / block);
      return (at(codes, i) - 2 ** (bits - 1)) * at(scales, group) + (hasOffsets ? at(offsets, group) : 0);
    };
    for (let token = 0; token < tokens; token += 1) {
      for (let row = 0; row < ROWS; row += 1) {
        const terms = Array.from(
          { length: COLUMNS },
          (_, column) => at(x, token * COLUMNS + column) * weight(row * COLUMNS + column),
        );
        const sum = terms.reduce((all, term) => all + term, at(bias, row));
        const size = terms.reduce((all, term) => all + Math.abs(term), 1);
        expect(Math.abs(at(y, token * ROWS + row) - sum)).toBeLessThan(1e-6 * size);
      }
    }
  },
);
