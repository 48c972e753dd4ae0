import { at } from '@shadow-gate/platform';
import { z } from 'zod';
import type { Graph, Value } from '../../onnx/graph.ts';
import { isMeasuredDtype } from '../../tensors/dtype.ts';
import type { TensorEntry, TensorRecipe, Tensors } from '../../tensors/tensor-entry.ts';
import { parsedText, type QuantizedFormat, type QuantizedWeight, type TensorSource } from './format.ts';
import { FP8_TYPES, fp8Recipe, fp8Values } from './fp8.ts';
import { FP4_VALUES } from './mxfp4.ts';
import { int8Recipe, int8Value } from './packed.ts';
import { flipped, packedMatrix } from './packed-matrix.ts';
import {
  type BlockSizes,
  blockSizes,
  castTensorBytes,
  distinctSteps,
  lookUpIn,
  lookUpPairs,
  scaleValue,
  spread,
} from './tables.ts';

const dtype = z.looseObject({ _data: z.string() });
const describedSchema = z.looseObject({
  _type: z.string(),
  _data: z.looseObject({
    block_size: z.union([z.array(z.int().positive()), z.int().positive()]).nullish(),
    target_dtype: dtype.nullish(),
    elem_dtype: z.union([dtype, z.string()]).nullish(),
    is_swizzled_scales: z.boolean().nullish(),
  }),
  _tensor_data_names: z.array(z.string()),
});
type Described = z.infer<typeof describedSchema>;

interface Stored {
  readonly name: string;
  readonly described: Described;
  readonly parts: ReadonlyMap<string, TensorEntry>;
}

/**
 * torchao (0.18, prototype/safetensors and quantization/quantize_/workflows), as transformers saves it: for
 * `<module>.<weight>` there are `<module>._<weight>_qdata`, `…_scale` and others, and the file's header has the class:
 * Float8Tensor, Int8Tensor, IntxUnpackedToInt8Tensor, Int4Tensor, and MXTensor and NVFP4Tensor with unswizzled scales,
 * but no layouts of single kernels.
 */
export const torchao: QuantizedFormat = {
  async find(tensors, _, source) {
    const codes = [...tensors.values()].filter(({ name }) => name.endsWith('_qdata'));
    if (codes.length === 0) return [];
    const descriptions = await describedIn(tensors, source);
    return codes.flatMap(({ name }): QuantizedWeight[] => {
      const [, module, leaf] = /^(.+)\._(.+)_qdata$/.exec(name) ?? [];
      const described = descriptions.get(`${module}.${leaf}`);
      if (module === undefined || leaf === undefined || described === undefined) return [];
      const names = described._tensor_data_names;
      const parts = new Map(
        names.flatMap((part) => {
          const entry = tensors.get(`${module}._${leaf}_${part}`);
          return entry ? [[part, entry] as const] : [];
        }),
      );
      // Factors of the layer's inputs are part of its computation, not of the weight.
      if (parts.size !== names.length || parts.has('act_pre_scale')) return [];
      const weight = weightOf({ name: `${module}.${leaf}`, described, parts });
      return weight === null ? [] : [weight];
    });
  },
};

async function describedIn(tensors: Tensors, { metadata }: TensorSource): Promise<Map<string, Described>> {
  const found = new Map<string, Described>();
  for (const file of new Set([...tensors.values()].map((entry) => entry.file))) {
    for (const [name, text] of Object.entries(await metadata(file))) {
      const described = text.startsWith('{') ? parsedText(describedSchema, text) : null;
      if (described) found.set(name, described);
    }
  }
  return found;
}

function weightOf(stored: Stored): QuantizedWeight | null {
  const codes = stored.parts.get('qdata');
  const scale = stored.parts.get('scale');
  if (codes === undefined || scale === undefined || codes.shape.length < 2) return null;
  const reader = READERS[stored.described._type];
  const read = Object.hasOwn(READERS, stored.described._type) && reader ? reader(stored, codes, scale) : null;
  if (read === null) return null;
  const others = [...stored.parts.values()].filter((entry) => entry !== codes && entry !== scale);
  const { format, shape, parameters, ...recipe } = read;
  return {
    name: stored.name,
    format: `${format} (torchao)`,
    shape,
    recipe: { ...recipe, parameters: ['torchao', format, ...parameters], stored: [codes, scale, ...others] },
  };
}

interface Read extends Omit<TensorRecipe, 'stored'> {
  readonly format: string;
  readonly shape: readonly number[];
}

type Reader = (stored: Stored, codes: TensorEntry, scale: TensorEntry) => Read | null;

const READERS: Readonly<Record<string, Reader>> = {
  Float8Tensor: float8,
  Int8Tensor: integers,
  IntxUnpackedToInt8Tensor: integers,
  Int4Tensor: nibbles,
  MXTensor: microscaling,
  NVFP4Tensor: nvfp4,
};

/** Stated sizes of blocks; null if the scales do not match. */
function statedBlocks({ described }: Stored, shape: readonly number[], scale: TensorEntry): BlockSizes | null {
  const { block_size: block } = described._data;
  if (!Array.isArray(block) || block.length !== shape.length) return null;
  const counts = shape.map((size, axis) => size / at(block, axis));
  const isWhole = scale.size === 1 ? counts.every((count) => count === 1) : scale.shape.join() === counts.join();
  return isWhole ? block : null;
}

function countsOf(shape: readonly number[], blocks: BlockSizes): number[] {
  return shape.map((size, axis) => size / at(blocks, axis));
}

function float8(stored: Stored, codes: TensorEntry, scale: TensorEntry): Read | null {
  const type = FP8_TYPES[codes.dtype as keyof typeof FP8_TYPES];
  const { shape } = codes;
  const blocks = statedBlocks(stored, shape, scale);
  if (type === undefined || blocks === null || !isMeasuredDtype(scale.dtype)) return null;
  const scales = (graph: Graph) => spread(graph, scaleValue(graph, scale, countsOf(shape, blocks)), shape, blocks);
  return { format: type.name, shape, parameters: [...blocks], ...fp8Recipe(codes, type, scales) };
}

/** W = (code − zero) · scale, with codes of up to 8 bits. */
function integers(stored: Stored, codes: TensorEntry, scale: TensorEntry): Read | null {
  const zero = stored.parts.get('zero_point');
  const { shape } = codes;
  const blocks = statedBlocks(stored, shape, scale);
  if (codes.dtype !== 'I8' || blocks === null || !isMeasuredDtype(scale.dtype)) return null;
  if (zero && (zero.dtype !== 'I8' || zero.size !== scale.size)) return null;
  return {
    format: (stored.described._data.target_dtype?._data ?? 'int8').toUpperCase(),
    shape,
    parameters: [...blocks],
    ...int8Recipe({
      codes,
      blocks,
      scales: (graph) => scaleValue(graph, scale, countsOf(shape, blocks)),
      zeros: zero && ((graph) => int8Value(graph, zero, countsOf(shape, blocks))),
    }),
  };
}

/** The 16 codes of two's complement. */
const SIGNED = Array.from({ length: 16 }, (_, code) => (code < 8 ? code : code - 16));

/** W = code · scale + zero, two codes per byte, low nibble first; scales and zeros are [groups, out]. */
function nibbles(stored: Stored, codes: TensorEntry, scale: TensorEntry): Read | null {
  const zero = stored.parts.get('zero_point');
  const { block_size: block } = stored.described._data;
  if (codes.shape.length !== 2 || !['U8', 'I8'].includes(codes.dtype) || !Array.isArray(block)) return null;
  const [rows, columns] = [at(codes.shape, 0), 2 * at(codes.shape, 1)];
  const groups = columns / (block[1] ?? 0);
  const isOf = (entry: TensorEntry) => isMeasuredDtype(entry.dtype) && entry.shape.join() === [groups, rows].join();
  if (block.length !== 2 || block[0] !== 1 || zero === undefined || !isOf(scale) || !isOf(zero)) return null;
  const inRows = (entry: TensorEntry) => (graph: Graph) =>
    graph.op('Transpose', [scaleValue(graph, entry, [groups, rows])], { perm: [1, 0] });
  const each = (graph: Graph, entry: TensorEntry) => graph.reshape(inRows(entry)(graph), [rows, groups, 1]);
  const dims = [rows, groups, columns / groups];
  const shape = [rows, columns];
  return {
    format: 'INT4',
    shape,
    parameters: [groups],
    ...packedMatrix({
      shape,
      bits: 4,
      group: columns / groups,
      codes: { bytes: (graph) => flipped(graph, codes, 0x88) },
      scales: inRows(scale),
      offsets: inRows(zero),
    }),
    expand: (graph) => {
      const numbers = graph.reshape(lookUpPairs(graph, SIGNED, castTensorBytes(graph, codes), 'low nibble'), dims);
      const scaled = graph.op('Mul', [numbers, each(graph, scale)]);
      return graph.reshape(graph.op('Add', [scaled, each(graph, zero)]), [rows, columns]);
    },
    steps: (graph) => {
      const all = graph.op('Expand', [graph.op('Abs', [each(graph, scale)]), graph.constant(dims, 'int64')]);
      return graph.reshape(all, [rows, columns]);
    },
  };
}

/** Floats of 4 or 8 bits with a power of two per group. */
function microscaling(stored: Stored, codes: TensorEntry, scale: TensorEntry): Read | null {
  const { elem_dtype: element, is_swizzled_scales: isSwizzled } = stored.described._data;
  if (isSwizzled === true || !['F8_E8M0', 'U8'].includes(scale.dtype)) return null;
  const type = typeof element === 'object' ? (element?._data ?? '') : '';
  const isFp4 = type === 'float4_e2m1fn_x2';
  const fp8 = Object.values(FP8_TYPES).find(({ torch }) => torch === type);
  if (!isFp4 && fp8 === undefined) return null;
  const values = fp8 ? fp8Values(fp8) : FP4_VALUES;
  const scales = (graph: Graph) => scaleValue(graph, scale, scale.shape);
  return grouped(stored, codes, scale, { format: fp8 ? `MX${fp8.name}` : 'MXFP4', values, isFp4, scales });
}

/** 4-bit floats with an 8-bit float per group, and perhaps one factor for all. */
function nvfp4(stored: Stored, codes: TensorEntry, scale: TensorEntry): Read | null {
  const whole = stored.parts.get('per_tensor_scale');
  if (stored.described._data.is_swizzled_scales === true || scale.dtype !== 'F8_E4M3') return null;
  if (whole && (whole.dtype !== 'F32' || whole.size !== 1)) return null;
  const scales = (graph: Graph) => {
    const own = scaleValue(graph, scale, scale.shape);
    return whole ? graph.op('Mul', [scaleValue(graph, whole, [1]), own]) : own;
  };
  return grouped(stored, codes, scale, { format: 'NVFP4', values: FP4_VALUES, isFp4: true, scales });
}

function grouped(
  { described }: Stored,
  codes: TensorEntry,
  scale: TensorEntry,
  kind: {
    readonly format: string;
    readonly values: readonly number[];
    readonly isFp4: boolean;
    readonly scales: (graph: Graph) => Value;
  },
): Read | null {
  const { format, values, isFp4, scales } = kind;
  const { block_size: block } = described._data;
  const last = codes.shape.length - 1;
  const shape = [...codes.shape.slice(0, last), (isFp4 ? 2 : 1) * at(codes.shape, last)];
  const blocks = typeof block === 'number' ? blockSizes(shape, scale.shape, [block]) : null;
  if (blocks === null || at(blocks, last) !== block) return null;
  const expand = (table: readonly number[]) => (graph: Graph) => {
    const bytes = castTensorBytes(graph, codes);
    const numbers = isFp4 ? lookUpPairs(graph, table, bytes, 'low nibble') : lookUpIn(graph, table, bytes);
    return graph.op('Mul', [graph.reshape(numbers, shape), spread(graph, scales(graph), shape, blocks)]);
  };
  return { format, shape, parameters: [...blocks], expand: expand(values), steps: expand(distinctSteps(values)) };
}
