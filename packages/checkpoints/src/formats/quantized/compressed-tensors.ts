import { at } from '@shadow-gate/platform';
import type { Graph, Value } from '../../onnx/graph.ts';
import type { TensorEntry, Tensors } from '../../tensors/tensor-entry.ts';
import { statedBlocks } from './config-groups.ts';
import type { QuantizedFormat, QuantizedWeight, Scheme } from './format.ts';
import { FP4_VALUES } from './mxfp4.ts';
import { int8Recipe, int8Value, integerRecipe, packedBits, unpackWords, wordBytes } from './packed.ts';
import { blocksAmong, castTensorBytes, distinctSteps, lookUpPairs, scaleValue, spread } from './tables.ts';

const FLOATS = ['F32', 'BF16', 'F16'];

type Read = (entry: TensorEntry) => Promise<Buffer>;

/**
 * compressed-tensors (0.20, compressors/), as llm-compressor writes it. `pack-quantized`: codes + 2^(bits − 1) in words
 * of 32 bits along the inputs, `weight_shape` the shape. `int-quantized`: plain codes. `nvfp4-pack-quantized` and
 * `mxfp4-pack-quantized`: 4-bit floats, two per byte, with a scale for each 16 or 32. fp8.ts reads its 8-bit floats.
 * ModelOpt (0.47, torch/export/quant_utils.py) has int8 and NVFP4 as `weight`, and `weight_scale_2` as a factor instead
 * of a divisor.
 */
export const compressedTensors: QuantizedFormat = {
  methods: ['compressed-tensors', 'modelopt'],
  async find(tensors, _, { read, scheme }) {
    const found: QuantizedWeight[] = [];
    for (const codes of tensors.values()) {
      const [, module, packing] = /^(.*)\.weight(_packed)?$/.exec(codes.name) ?? [];
      const stated = module === undefined ? null : scheme(module);
      if (module === undefined || stated === null) continue;
      const weight =
        codes.dtype === 'U8'
          ? floats(module, codes, tensors, stated)
          : packing === undefined
            ? integers(module, codes, tensors, stated)
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
  { read, stated }: { readonly read: Read; readonly stated: Scheme | undefined },
): Promise<QuantizedWeight | null> {
  const { scale, zero, part, unused } = beside(module, tensors);
  const size = part('weight_shape');
  const index = part('weight_g_idx');
  if (codes.dtype !== 'I32' || codes.shape.length !== 2 || size === undefined || size.size !== 2) return null;
  if (scale === undefined || !FLOATS.includes(scale.dtype)) return null;
  const shape = integersOf(await read(size), size.dtype);
  if (shape === null) return null;
  const [rows, columns] = shape;
  const words = at(codes.shape, 1);
  const bits = stated ? stated.bits : packedBits(columns, words, []);
  const groups = groupsOf(scale, rows, columns);
  if (bits === null || codes.shape[0] !== rows || groups === null) return null;
  // Symmetric codes with zero points are not read, and programs read the order of the columns only if it is stated.
  const isAsStated =
    !stated ||
    (stated.layout === 'packed' &&
      stated.isSymmetric === (zero === undefined) &&
      stated.isOrdered === (index !== undefined) &&
      Math.ceil((columns * bits) / 32) === words &&
      statedBlocks(stated, shape, scale) !== null);
  if (!isAsStated) return null;
  if (index && (index.dtype !== 'I32' || index.size !== columns)) return null;
  const zeros = zero ? zerosOf(zero, { rows, groups, bits, count: scale.size }) : null;
  if (zero && zeros === null) return null;
  const offset = 2 ** (bits - 1);
  const recipe = integerRecipe({
    shape,
    bits,
    codes: (graph) => unpackWords(graph, codes, { bits, count: columns }),
    bytes: [4, 8].includes(bits) ? (graph) => wordBytes(graph, codes) : undefined,
    isSymmetric: zeros === null,
    zeros: (graph) => {
      const each = zeros ? zeros(graph) : graph.constant([offset], 'float32', [1, 1]);
      return graph.op('Expand', [each, graph.constant([rows, groups], 'int64')]);
    },
    scales: (graph) => scalesOf(graph, scale, rows, groups),
    // -1 if it was never set.
    groups: { count: groups, of: index ?? columns / groups, unset: columns / groups },
  });
  const others = [scale, zero, size, index].flatMap((entry) => entry ?? []);
  return {
    name: `${module}.weight`,
    format: `INT${bits} (compressed-tensors)`,
    shape,
    recipe: { ...recipe, stored: [codes, ...others, ...unused], parameters: ['packed', bits, ...shape] },
  };
}

/** Subtracted from the codes, [rows, groups] or one number: packed along the rows, or signed, one for each scale. */
function zerosOf(
  zero: TensorEntry,
  { rows, groups, bits, count }: Readonly<Record<'rows' | 'groups' | 'bits' | 'count', number>>,
): ((graph: Graph) => Value) | null {
  const offset = (graph: Graph) => graph.constant([2 ** (bits - 1)], 'float32');
  if (zero.dtype === 'I8' && zero.size === count) {
    const dims = count === 1 ? [1, 1] : [rows, groups];
    return (graph) => graph.op('Add', [int8Value(graph, zero, dims), offset(graph)]);
  }
  const words = Math.ceil((rows * bits) / 32);
  if (zero.dtype !== 'I32' || zero.shape.join() !== [words, groups].join()) return null;
  return (graph) => {
    const perGroup = unpackWords(graph, zero, { bits, count: rows, stored: 'words first' });
    return graph.op('Transpose', [perGroup], { perm: [1, 0] });
  };
}

/** [rows, groups] from one scale, one per row, or one per group of a row. */
function scalesOf(graph: Graph, scale: TensorEntry, rows: number, groups: number): Value {
  const stored = scaleValue(graph, scale, scale.size === 1 ? [1, 1] : [rows, groups]);
  return scale.size === 1 ? graph.op('Expand', [stored, graph.constant([rows, groups], 'int64')]) : stored;
}

/** The number of groups in a row; null if the scales do not match the rows and columns. */
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

function integers(module: string, codes: TensorEntry, tensors: Tensors, stated: Scheme | undefined) {
  const { scale, zero, unused } = beside(module, tensors);
  const { shape } = codes;
  if (codes.dtype !== 'I8' || shape.length !== 2 || scale === undefined || !FLOATS.includes(scale.dtype)) return null;
  // A vector has one scale per row.
  const counts = scale.size === 1 ? [1, 1] : scale.shape.length === 1 ? [scale.size, 1] : scale.shape;
  const blocks = stated ? statedBlocks(stated, shape, scale) : blocksAmong(shape, counts, []);
  const isOther = stated && (stated.layout !== 'codes' || stated.isFloat || stated.isOrdered);
  if (isOther || (stated && stated.isSymmetric !== (zero === undefined))) return null;
  if (blocks === null || (zero && (zero.dtype !== 'I8' || zero.size !== scale.size))) return null;
  return {
    name: codes.name,
    format: 'INT8 (compressed-tensors)',
    shape,
    recipe: {
      stored: [codes, scale, ...(zero ? [zero] : []), ...unused],
      parameters: ['int', ...blocks],
      ...int8Recipe({
        codes,
        blocks,
        scales: (graph) => scaleValue(graph, scale, counts),
        zeros: zero && ((graph) => int8Value(graph, zero, counts)),
      }),
    },
  };
}

/** FP4 codes in bytes: `weight_packed` of compressed-tensors, `weight` of ModelOpt. */
function floats(module: string, codes: TensorEntry, tensors: Tensors, stated: Scheme | undefined) {
  const { scale, zero, part, unused } = beside(module, tensors);
  const isPacked = codes.name.endsWith('_packed');
  const global = part(isPacked ? 'weight_global_scale' : 'weight_scale_2');
  const isPower = isPacked && (scale?.dtype === 'U8' || scale?.dtype === 'F8_E8M0');
  if (codes.shape.length !== 2 || scale === undefined || zero !== undefined) return null;
  if (!isPower && (scale.dtype !== 'F8_E4M3' || global?.dtype !== 'F32' || global.size !== 1)) return null;
  if (isPower && global !== undefined) return null;
  const shape = [at(codes.shape, 0), 2 * at(codes.shape, 1)];
  const isOther =
    stated && (stated.layout !== (isPower ? 'mxfp4' : 'nvfp4') || !isPacked || !stated.isSymmetric || stated.isOrdered);
  if (isOther || (stated && statedBlocks(stated, shape, scale) === null)) return null;
  const blocks = blocksAmong(shape, scale.shape, [[1, isPower ? 32 : 16]]);
  if (blocks === null) return null;
  const scales = (graph: Graph) => {
    const own = scaleValue(graph, scale, scale.shape);
    const scaled = global ? graph.op(isPacked ? 'Div' : 'Mul', [own, scaleValue(graph, global, [1, 1])]) : own;
    return spread(graph, scaled, shape, blocks);
  };
  const expand = (table: readonly number[]) => (graph: Graph) => {
    const numbers = graph.reshape(lookUpPairs(graph, table, castTensorBytes(graph, codes), 'low nibble'), shape);
    return graph.op('Mul', [numbers, scales(graph)]);
  };
  const format = isPower ? 'MXFP4' : 'NVFP4';
  return {
    name: `${module}.weight`,
    format: `${format} (${isPacked ? 'compressed-tensors' : 'ModelOpt'})`,
    shape,
    recipe: {
      stored: [codes, scale, ...(global ? [global] : []), ...unused],
      parameters: [format, isPacked ? 'divided' : 'multiplied', ...blocks],
      expand: expand(FP4_VALUES),
      steps: expand(distinctSteps(FP4_VALUES)),
    },
  };
}
