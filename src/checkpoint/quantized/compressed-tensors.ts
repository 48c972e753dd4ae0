import { ElementType, type Graph, type Value } from '../../onnx/graph.ts';
import { at } from '../../platform/at.ts';
import type { TensorEntry } from '../types.ts';
import { type QuantizedFormat, type QuantizedWeight, type Section, type Tensors, weightSettings } from './format.ts';
import { FP4_VALUES } from './mxfp4.ts';
import { bitsOf, evenGroups, integerRecipe, unpack, wordBytes } from './packed.ts';
import { blocksOf, bytesOf, lookUpPairs, scaleValue, spread, stepsOf } from './tables.ts';

const FLOATS = ['F32', 'BF16', 'F16'];

type Read = (entry: TensorEntry) => Promise<Buffer>;

/**
 * compressed-tensors (0.20, compressors/), as llm-compressor writes it. `pack-quantized`: codes + 2^(bits − 1) in words of 32 bits along
 * the inputs, `weight_shape` the shape. `int-quantized`: codes as they are. `nvfp4-pack-quantized` and `mxfp4-pack-quantized`: 4-bit
 * floats, two in a byte, with a scale for each 16 or 32. Its 8-bit floats are read as others are (fp8.ts).
 */
export const compressedTensors: QuantizedFormat = {
  async find(tensors, config, { read }) {
    const stated = weightSettings(config);
    const found: QuantizedWeight[] = [];
    for (const codes of tensors.values()) {
      const module = /^(.*)\.weight(?:_packed)?$/.exec(codes.name)?.[1];
      if (module === undefined) continue;
      const isPacked = codes.name.endsWith('_packed');
      const weight = !isPacked
        ? integers(module, codes, tensors)
        : codes.dtype === 'U8'
          ? floats(module, codes, tensors)
          : await packed(module, codes, tensors, { read, stated });
      if (weight) found.push(weight);
    }
    return found;
  },
};

function beside(module: string, tensors: Tensors) {
  const part = (leaf: string) => tensors.get(`${module}.${leaf}`);
  const unused = ['input_scale', 'input_zero_point', 'input_global_scale', 'output_scale'].flatMap(
    (leaf) => part(leaf) ?? [],
  );
  return { scale: part('weight_scale'), zero: part('weight_zero_point'), part, unused };
}

async function packed(
  module: string,
  codes: TensorEntry,
  tensors: Tensors,
  { read, stated }: { readonly read: Read; readonly stated: readonly Section[] },
): Promise<QuantizedWeight | null> {
  const { scale, zero, part, unused } = beside(module, tensors);
  const size = part('weight_shape');
  const index = part('weight_g_idx');
  if (codes.dtype !== 'I32' || codes.shape.length !== 2 || size === undefined || size.size !== 2) return null;
  if (scale === undefined || !FLOATS.includes(scale.dtype)) return null;
  const shape = integersOf(await read(size), size.dtype);
  if (shape === null) return null;
  const [rows, columns] = shape;
  const bits = bitsOf(columns, at(codes.shape, 1), null);
  const groups = groupsOf(scale, rows, columns);
  if (bits === null || codes.shape[0] !== rows || groups === null) return null;
  // Old releases put whole codes into each word.
  if (stated.length > 0 && !stated.some(({ num_bits: own }) => own === bits)) return null;
  // Programs read the order of the columns only where it is stated.
  if (index && stated.length > 0 && !stated.some(({ actorder }) => actorder === 'group')) return null;
  if (index && (index.dtype !== 'I32' || index.size !== columns)) return null;
  const isZeroPacked =
    zero?.dtype === 'I32' && zero.shape[0] === Math.ceil((rows * bits) / 32) && zero.shape[1] === groups;
  const isZeroPlain = zero?.dtype === 'I8' && zero.size === scale.size;
  if (zero && !isZeroPacked && !isZeroPlain) return null;
  const recipe = integerRecipe({
    shape,
    codes: (graph) => unpack(graph, wordBytes(graph, codes), { bits, count: columns }),
    zeros: (graph) => {
      const middle = graph.constant([2 ** (bits - 1)], 'float32', [1, 1]);
      const whole = graph.constant([rows, groups], 'int64');
      if (!zero) return graph.op('Expand', [middle, whole]);
      if (isZeroPlain) {
        const dims = zero.size === 1 ? [1, 1] : [rows, groups];
        const signed = graph.cast(graph.external(zero, ElementType.int8, dims), ElementType.float32);
        return graph.op('Expand', [graph.op('Add', [signed, middle]), whole]);
      }
      const perGroup = unpack(graph, wordBytes(graph, zero, 'words first'), { bits, count: rows });
      return graph.op('Transpose', [perGroup], { perm: [1, 0] });
    },
    scales: (graph) => scalesOf(graph, scale, rows, groups),
    groups: index ? (graph) => statedGroups(graph, index, evenGroups(columns, groups)) : evenGroups(columns, groups),
  });
  const others = [scale, zero, size, index].flatMap((entry) => entry ?? []);
  return {
    name: `${module}.weight`,
    format: `INT${bits} (compressed-tensors)`,
    shape,
    recipe: { ...recipe, stored: [codes, ...others, ...unused], parameters: ['packed', bits, ...shape] },
  };
}

/** The group of each column; those of neighbors where it was never set, which is −1. */
function statedGroups(graph: Graph, index: TensorEntry, even: (graph: Graph) => Value): Value {
  const stated = graph.cast(graph.external(index, ElementType.int32, [index.size]), ElementType.int64);
  return graph.op('Where', [graph.op('Less', [stated, graph.constant([0], 'int64')]), even(graph), stated]);
}

/** [rows, groups] from one scale, one for each row, or one for each group of a row. */
function scalesOf(graph: Graph, scale: TensorEntry, rows: number, groups: number): Value {
  const stored = scaleValue(graph, scale, scale.size === 1 ? [1, 1] : [rows, groups]);
  return scale.size === 1 ? graph.op('Expand', [stored, graph.constant([rows, groups], 'int64')]) : stored;
}

/** Groups of a row; null if the scales do not belong to so many rows and columns. */
function groupsOf({ size, shape }: TensorEntry, rows: number, columns: number): number | null {
  if (size === 1) return 1;
  const [first, groups = 1] = shape;
  return shape.length <= 2 && first === rows && columns % groups === 0 ? groups : null;
}

function integersOf(bytes: Buffer, dtype: string): [number, number] | null {
  const width = dtype === 'I64' ? 8 : dtype === 'I32' ? 4 : 0;
  if (width === 0 || bytes.length !== 2 * width) return null;
  const [rows, columns] = [0, 1].map((i) =>
    width === 8 ? Number(bytes.readBigInt64LE(8 * i)) : bytes.readInt32LE(4 * i),
  );
  return rows !== undefined && columns !== undefined && rows > 0 && columns > 0 ? [rows, columns] : null;
}

function integers(module: string, codes: TensorEntry, tensors: Tensors): QuantizedWeight | null {
  const { scale, zero, unused } = beside(module, tensors);
  const { shape } = codes;
  if (codes.dtype !== 'I8' || shape.length !== 2 || scale === undefined || !FLOATS.includes(scale.dtype)) return null;
  const [rows, columns] = [at(shape, 0), at(shape, 1)];
  const groups = groupsOf(scale, rows, columns);
  if (groups === null || (zero && (zero.dtype !== 'I8' || zero.size !== scale.size))) return null;
  const perGroup = scale.size === 1 ? [1, 1] : [rows, groups];
  const recipe = integerRecipe({
    shape: [rows, columns],
    codes: (graph) => graph.cast(graph.external(codes, ElementType.int8, shape), ElementType.float32),
    zeros: (graph) => {
      const one = zero
        ? graph.cast(graph.external(zero, ElementType.int8, perGroup), ElementType.float32)
        : graph.constant([0], 'float32', [1, 1]);
      return graph.op('Expand', [one, graph.constant([rows, groups], 'int64')]);
    },
    scales: (graph) => scalesOf(graph, scale, rows, groups),
    groups: evenGroups(columns, groups),
  });
  const stored = [codes, scale, ...(zero ? [zero] : []), ...unused];
  return {
    name: codes.name,
    format: 'INT8 (compressed-tensors)',
    shape,
    recipe: { ...recipe, stored, parameters: ['int', ...perGroup] },
  };
}

function floats(module: string, codes: TensorEntry, tensors: Tensors): QuantizedWeight | null {
  const { scale, zero, part, unused } = beside(module, tensors);
  const global = part('weight_global_scale');
  const isPower = scale?.dtype === 'U8' || scale?.dtype === 'F8_E8M0';
  if (codes.shape.length !== 2 || scale === undefined || zero !== undefined) return null;
  if (!isPower && (scale.dtype !== 'F8_E4M3' || global?.dtype !== 'F32' || global.size !== 1)) return null;
  if (isPower && global !== undefined) return null;
  const shape = [at(codes.shape, 0), 2 * at(codes.shape, 1)];
  const blocks = blocksOf(shape, scale.shape, []);
  if (blocks === null) return null;
  const scales = (graph: Graph) => {
    const own = scaleValue(graph, scale, scale.shape);
    const divided = global ? graph.op('Div', [own, scaleValue(graph, global, [1, 1])]) : own;
    return spread(graph, divided, shape, blocks);
  };
  const expand = (table: readonly number[]) => (graph: Graph) => {
    const numbers = graph.reshape(lookUpPairs(graph, table, bytesOf(graph, codes), 'low nibble'), shape);
    return graph.op('Mul', [numbers, scales(graph)]);
  };
  return {
    name: `${module}.weight`,
    format: `${isPower ? 'MXFP4' : 'NVFP4'} (compressed-tensors)`,
    shape,
    recipe: {
      stored: [codes, scale, ...(global ? [global] : []), ...unused],
      parameters: [isPower ? 'MXFP4' : 'NVFP4', ...blocks],
      expand: expand(FP4_VALUES),
      steps: expand(stepsOf(FP4_VALUES)),
    },
  };
}
