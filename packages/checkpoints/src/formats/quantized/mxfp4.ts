import { at } from '@shadow-gate/platform';
import type { Graph } from '../../onnx/graph.ts';
import type { TensorEntry, TensorRecipe } from '../../tensors/tensor-entry.ts';
import { tensorBlock } from '../../tensors/tensor-value.ts';
import type { QuantizedFormat, QuantizedWeight } from './format.ts';
import { castTensorBytes, distinctSteps, lookUpPairs, scaleValue } from './tables.ts';

/** The numbers of the 16 codes in e2m1 (OCP Microscaling Formats 1.0, section 5.3.3). */
const POSITIVE = [0, 0.5, 1, 1.5, 2, 3, 4, 6];
export const FP4_VALUES = [...POSITIVE, ...POSITIVE.map((value) => -value)];

/**
 * Blocks of 32 4-bit floats with one power of two each, for stacks of experts (gpt-oss, arXiv 2508.10925):
 * `<weight>_blocks` [E, out, blocks, 16], low nibble first, and `<weight>_scales` [E, out, blocks]. The weight is [E,
 * in, out], as in transformers 5.24 (integrations/mxfp4.py, convert_moe_packed_tensors).
 */
export const mxfp4: QuantizedFormat = {
  methods: ['mxfp4'],
  async find(tensors) {
    return [...tensors.values()].flatMap((blocks): QuantizedWeight[] => {
      const name = /^(.*)_blocks$/.exec(blocks.name)?.[1];
      const scales = name === undefined ? undefined : tensors.get(`${name}_scales`);
      if (name === undefined || scales === undefined || blocks.dtype !== 'U8' || scales.dtype !== 'U8') return [];
      const [count = 0, output = 0, groups = 0, width] = blocks.shape;
      const isScaled = JSON.stringify(scales.shape) === JSON.stringify([count, output, groups]);
      if (blocks.shape.length !== 4 || width !== 16 || !isScaled) return [];
      return [{ name, format: 'MXFP4', shape: [count, groups * 32, output], recipe: recipeOf(blocks, scales) }];
    });
  },
};

function recipeOf(blocks: TensorEntry, scales: TensorEntry): TensorRecipe {
  const expand = (table: readonly number[]) => (graph: Graph) => {
    const { shape } = blocks;
    const [output, groups] = [at(shape, shape.length - 3), at(shape, shape.length - 2)];
    const count = blocks.size / (output * groups * 16);
    const pairs = lookUpPairs(graph, table, castTensorBytes(graph, blocks), 'low nibble');
    const numbers = graph.reshape(pairs, [count, output, groups, 32]);
    const scaled = graph.op('Mul', [numbers, scaleValue(graph, scales, [count, output, groups, 1])]);
    const rows = graph.reshape(scaled, [count, output, groups * 32]);
    const turned = graph.op('Transpose', [rows], { perm: [0, 2, 1] });
    return shape.length === 4 ? turned : graph.reshape(turned, [groups * 32, output]);
  };
  return {
    stored: [blocks, scales],
    parameters: ['MXFP4'],
    expand: expand(FP4_VALUES),
    steps: expand(distinctSteps(FP4_VALUES)),
    block: (index, count) => recipeOf(tensorBlock(blocks, index, count), tensorBlock(scales, index, count)),
  };
}
