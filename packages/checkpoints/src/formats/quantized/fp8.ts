import { at } from '@shadow-gate/platform';
import { isObject } from '@shadow-gate/platform/json';
import { ElementType, type Graph, type Value } from '../../onnx/graph.ts';
import type { TensorEntry, Tensors } from '../../tensors/tensor-entry.ts';
import { statedBlocks } from './config-groups.ts';
import type { ConfigSection, QuantizedFormat, QuantizedWeight, Scheme } from './format.ts';
import {
  type BlockSizes,
  blockSizes,
  blocksAmong,
  castTensorBytes,
  distinctSteps,
  lookUpIn,
  scaleValue,
  spread,
} from './tables.ts';

/** By their names in safetensors; `torch` is PyTorch's name. */
export const FP8_TYPES = {
  F8_E4M3: { element: ElementType.float8e4m3fn, exponentBits: 4, name: 'FP8 E4M3', torch: 'float8_e4m3fn' },
  F8_E5M2: { element: ElementType.float8e5m2, exponentBits: 5, name: 'FP8 E5M2', torch: 'float8_e5m2' },
} as const;

/** The default block size: DeepSeek, Qwen and Mistral use it. */
const USUAL_BLOCK = [128, 128];

/** Scales of activations, which are not used here. */
const OTHER_SCALES = ['input_scale', 'activation_scale', 'input_scale_ub', 'output_scale'];

/**
 * 8-bit floats with scales in float32, bfloat16 or as powers of two: one for the whole weight, each row or each block
 * (DeepSeek-V3, arXiv 2412.19437, section 3.3; transformers 5.24, integrations/finegrained_fp8.py). W = code · scale.
 */
export const fp8: QuantizedFormat = {
  methods: ['fp8', 'fbgemm_fp8', 'mxfp8', 'compressed-tensors', 'modelopt'],
  async find(tensors, settings, { scheme }) {
    return [...tensors.values()].flatMap((codes): QuantizedWeight[] => {
      const type = Object.hasOwn(FP8_TYPES, codes.dtype) ? FP8_TYPES[codes.dtype as keyof typeof FP8_TYPES] : null;
      const scale = tensors.get(`${codes.name}_scale_inv`) ?? tensors.get(`${codes.name}_scale`);
      if (type === null || scale === undefined || codes.shape.length < 2) return [];
      const shape = scaleShape(codes, scale);
      const stated = scheme(codes.name.replace(/\.weight$/, ''));
      const blocks =
        isScale(scale) && stated !== null ? blocksFor(codes, { scale, shape }, { settings, stated }) : null;
      if (blocks === null) return [];
      const { name } = codes;
      const scales = (graph: Graph) => spread(graph, scaleValue(graph, scale, shape), codes.shape, blocks);
      const recipe = { ...fp8Recipe(codes, type, scales), parameters: ['FP8', 'Mul', ...blocks] };
      const stored = [codes, scale, ...othersOf(name, tensors)];
      return [{ name, format: type.name, shape: codes.shape, recipe: { ...recipe, stored } }];
    });
  },
};

function blocksFor(
  { shape: codes, dtype }: TensorEntry,
  { scale, shape }: { readonly scale: TensorEntry; readonly shape: readonly number[] },
  { settings, stated }: { readonly settings: ConfigSection; readonly stated: Scheme | undefined },
): BlockSizes | null {
  const isPower = scale.dtype === 'F8_E8M0' || scale.dtype === 'U8';
  if (stated) {
    const isOther = stated.layout !== (isPower ? 'mxfp8' : 'codes') || !stated.isFloat || dtype !== 'F8_E4M3';
    return isOther || !stated.isSymmetric || stated.isOrdered ? null : statedBlocks(stated, codes, scale);
  }
  const sizes = [...sizesOf(settings, codes), ...groupSizes(settings)];
  if (sizes.length > 0) return blocksAmong(codes, shape, sizes);
  // Unless they belong to blocks, powers of two have groups of 32 (OCP Microscaling Formats 1.0).
  if (isPower) return blocksAmong(codes, shape, [[1, 32], USUAL_BLOCK]);
  return codes.length === shape.length
    ? blocksAmong(codes, shape, possibleBlocks(codes, shape))
    : blockSizes(codes, shape, USUAL_BLOCK);
}

/** transformers' `FineGrainedFP8Config`: null means one scale, or one per row. */
function sizesOf(settings: ConfigSection, shape: readonly number[]): (readonly number[])[] {
  const { weight_block_size: block, quant_method: method } = settings;
  if (isNumbers(block)) return [block];
  if (block === null) return [shape];
  return method === 'fp8' ? [USUAL_BLOCK] : [];
}

function groupSizes(settings: ConfigSection): number[][] {
  const groups = isObject(settings.config_groups) ? Object.values(settings.config_groups) : [];
  return groups.flatMap((group) => {
    const size = isObject(group) && isObject(group.weights) ? group.weights.group_size : undefined;
    return typeof size === 'number' && size > 0 ? [[1, size]] : [];
  });
}

/** Without a stated size: the usual one, and transformers' inference, which divides the weight evenly. */
function possibleBlocks(shape: readonly number[], scales: readonly number[]): readonly (readonly number[])[] {
  const even = USUAL_BLOCK.map((usual, i) => {
    const size = at(shape, shape.length - 2 + i) / at(scales, shape.length - 2 + i);
    return Number.isInteger(size) ? size : usual;
  });
  return [USUAL_BLOCK, even];
}

function isScale({ dtype }: TensorEntry): boolean {
  return ['F32', 'BF16', 'F16', 'F8_E8M0', 'U8'].includes(dtype);
}

/** A vector has one scale per row. ModelOpt's blocks are [rows, 1, columns, 1]. */
function scaleShape({ shape }: TensorEntry, scale: TensorEntry): readonly number[] {
  const [first = 0] = shape;
  if (scale.size === 1) return shape.map(() => 1);
  const [rows = 0, one, columns = 0, other] = scale.shape;
  if (shape.length === 2 && scale.shape.length === 4 && one === 1 && other === 1) return [rows, columns];
  if (scale.shape.length !== 1 || scale.shape[0] !== first) return scale.shape;
  return shape.map((_, axis) => (axis === 0 ? first : 1));
}

function othersOf(name: string, tensors: Tensors): TensorEntry[] {
  const module = name.slice(0, name.lastIndexOf('.') + 1);
  // For a stack of experts, the scales' names begin with the name of the stack.
  const names = OTHER_SCALES.flatMap((leaf) => [`${module}${leaf}`, `${name}_${leaf}`]);
  return names.flatMap((other) => tensors.get(other) ?? []);
}

/** @param scales float32 that broadcasts to the shape of the codes */
export function fp8Recipe(
  codes: TensorEntry,
  type: (typeof FP8_TYPES)[keyof typeof FP8_TYPES],
  scales: (graph: Graph) => Value,
) {
  return {
    expand: (graph: Graph) => {
      const numbers = graph.cast(graph.external(codes, type.element, codes.shape), ElementType.float32);
      return graph.op('Mul', [numbers, scales(graph)]);
    },
    steps: (graph: Graph) => {
      const steps = lookUpIn(graph, distinctSteps(fp8Values(type)), castTensorBytes(graph, codes));
      return graph.op('Mul', [steps, graph.op('Abs', [scales(graph)])]);
    },
  };
}

/** The numbers of the 256 codes (OCP 8-bit Floating Point Specification 1.0). */
export function fp8Values({ exponentBits }: { readonly exponentBits: 4 | 5 }): number[] {
  const mantissaBits = 7 - exponentBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  return Array.from({ length: 256 }, (_, code) => {
    const sign = code < 128 ? 1 : -1;
    const exponent = (code & 127) >> mantissaBits;
    const mantissa = code & (2 ** mantissaBits - 1);
    const isTop = exponent === 2 ** exponentBits - 1;
    if (exponentBits === 5 && isTop) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    if (exponentBits === 4 && isTop && mantissa === 7) return Number.NaN;
    const fraction = mantissa / 2 ** mantissaBits;
    return sign * (exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias));
  });
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'number' && item > 0);
}
