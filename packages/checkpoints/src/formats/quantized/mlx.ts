import { at, given } from '@shadow-gate/platform';
import { isObject } from '@shadow-gate/platform/json';
import type { Graph, Value } from '../../onnx/graph.ts';
import { isMeasuredDtype } from '../../tensors/dtype.ts';
import type { TensorEntry, TensorRecipe, Tensors } from '../../tensors/tensor-entry.ts';
import { tensorBlock } from '../../tensors/tensor-value.ts';
import type { ConfigSection, QuantizedFormat, QuantizedWeight } from './format.ts';
import { fp8Values } from './fp8.ts';
import { FP4_VALUES } from './mxfp4.ts';
import { unpackWords, wordBytes } from './packed.ts';
import { packedMatrix } from './packed-matrix.ts';
import { castTensorBytes, distinctSteps, lookUpIn, lookUpPairs, powersOfTwo, scaleValue } from './tables.ts';

const E4M3_VALUES = fp8Values({ exponentBits: 4 });

/** Modes with floats of a few bits, and one 8-bit scale per group. */
const FLOATS = {
  mxfp4: { name: 'MXFP4', bits: 4, group: 32, values: FP4_VALUES, scales: powersOfTwo() },
  mxfp8: { name: 'MXFP8', bits: 8, group: 32, values: E4M3_VALUES, scales: powersOfTwo() },
  nvfp4: { name: 'NVFP4', bits: 4, group: 16, values: FP4_VALUES, scales: E4M3_VALUES },
} as const;

const WORD_BITS = 32;

interface Settings {
  readonly mode: string;
  readonly bits: number;
  readonly group: number;
}

/**
 * MLX (mlx 0.32, `mx.quantize`), as mlx-lm writes it: `<module>.weight` in words of 32 bits along the inputs, lowest
 * bits first, and `<module>.scales` for groups of neighbors. Affine: W = code · scale + bias with `<module>.biases`.
 * Other modes: floats of 4 or 8 bits whose scales are powers of two (mxfp4, mxfp8) or 8-bit floats (nvfp4). The config
 * has bits and group sizes, for all modules or for one. Linear layers, embeddings, and stacks of experts.
 */
export const mlx: QuantizedFormat = {
  async find(tensors, section, { config }) {
    const settings = isObject(config.quantization) ? config.quantization : section;
    return [...tensors.values()].flatMap((words): QuantizedWeight[] => {
      const module = /^(.+)\.weight$/.exec(words.name)?.[1];
      if (module === undefined || words.dtype !== 'U32' || words.shape.length < 2) return [];
      const parts = partsOf(module, words, tensors, settingsOf(settings, module));
      if (parts === null) return [];
      return [{ name: words.name, format: formatOf(parts), shape: shapeOf(parts), recipe: recipeOf(parts) }];
    });
  },
};

/** The module's own settings if there are any; null if the config says too little, or that it is not quantized. */
function settingsOf(section: ConfigSection, module: string): Settings | null {
  const own = Object.hasOwn(section, module) ? section[module] : undefined;
  const { mode = 'affine', bits, group_size: group } = isObject(own) ? own : section;
  if (own !== undefined && own !== true && !isObject(own)) return null;
  return typeof mode === 'string' && typeof bits === 'number' && typeof group === 'number'
    ? { mode, bits, group }
    : null;
}

interface Parts extends Settings {
  readonly words: TensorEntry;
  readonly scales: TensorEntry;
  /** Added to each group; null for modes with floats. */
  readonly biases: TensorEntry | null;
  /** One factor of the scales for each expert. */
  readonly global: TensorEntry | null;
}

function partsOf(module: string, words: TensorEntry, tensors: Tensors, settings: Settings | null): Parts | null {
  const [scales, biases, global] = ['scales', 'biases', 'global_scale'].map((leaf) => tensors.get(`${module}.${leaf}`));
  if (settings === null || scales === undefined || scales.shape.length !== words.shape.length) return null;
  const { mode, bits, group } = settings;
  const last = words.shape.length - 1;
  const [width, groups] = [at(words.shape, last), at(scales.shape, last)];
  const isOfRows = words.shape.slice(0, last).every((size, axis) => size === scales.shape[axis]);
  if (!isOfRows || width * WORD_BITS !== groups * group * bits) return null;
  const parts = { words, scales, biases: biases ?? null, global: global ?? null, ...settings };
  if (mode === 'affine') {
    const isWhole = biases?.dtype === scales.dtype && biases.shape.join() === scales.shape.join();
    return [1, 2, 3, 4, 5, 6, 8].includes(bits) && isMeasuredDtype(scales.dtype) && isWhole && !global ? parts : null;
  }
  if (!Object.hasOwn(FLOATS, mode) || biases !== undefined || scales.dtype !== 'U8') return null;
  const known = FLOATS[mode as keyof typeof FLOATS];
  const isGlobal = !global || (mode === 'nvfp4' && global.dtype === 'F32' && global.size === globalCount(words));
  return known.bits === bits && known.group === group && isGlobal ? parts : null;
}

function globalCount({ shape }: TensorEntry): number {
  return shape.length > 2 ? at(shape, 0) : 1;
}

function formatOf({ mode, bits }: Parts): string {
  const { name } = FLOATS[mode as keyof typeof FLOATS] ?? {};
  return name === undefined ? `${bits}-bit (MLX)` : `${name} (MLX)`;
}

function shapeOf({ words, scales, group }: Parts): number[] {
  const last = words.shape.length - 1;
  return [...words.shape.slice(0, last), at(scales.shape, last) * group];
}

function recipeOf(parts: Parts): TensorRecipe {
  const { words, scales, biases, global, mode, bits, group } = parts;
  const whole = (entry: TensorEntry | null) => (entry === null ? [] : [entry]);
  return {
    stored: [words, scales, ...whole(biases), ...whole(global)],
    parameters: ['MLX', mode, bits, group],
    ...(mode === 'affine' ? affine(parts) : floats(parts)),
    block: (index, count) => {
      const part = <T extends TensorEntry | null>(entry: T) =>
        (entry === null ? null : tensorBlock(entry, index, count)) as T;
      return recipeOf({
        ...parts,
        words: part(words),
        scales: part(scales),
        biases: part(biases),
        global: part(global),
      });
    },
  };
}

/** All rows in groups: [rows, groups, group]. */
function grouped({ words, scales, group }: Parts): readonly [number, number, number] {
  const groups = at(scales.shape, scales.shape.length - 1);
  const width = at(words.shape, words.shape.length - 1);
  return [words.size / width, groups, group];
}

function affine(parts: Parts): Pick<TensorRecipe, 'expand' | 'steps' | 'packed' | 'rows'> {
  const { scales, biases, bits } = parts;
  const [rows, groups, group] = grouped(parts);
  const shape = shapeOf(parts);
  const words = { ...parts.words, shape: [rows, parts.words.size / rows] };
  const ofGroups = (entry: TensorEntry) => (graph: Graph) => scaleValue(graph, entry, [rows, groups]);
  const numbers = (graph: Graph, of?: (all: Value) => Value) =>
    unpackWords(graph, words, { bits, count: groups * group, ...given({ of }) });
  /** [n, groups, group] of all rows or some. */
  const expanded = (graph: Graph, of = (all: Value) => all) => {
    const each = (entry: TensorEntry) => graph.reshape(of(ofGroups(entry)(graph)), [-1, groups, 1]);
    const scaled = graph.op('Mul', [graph.reshape(numbers(graph, of), [-1, groups, group]), each(scales)]);
    return biases === null ? scaled : graph.op('Add', [scaled, each(biases)]);
  };
  const offsets = (graph: Graph) => {
    const middle = graph.op('Mul', [ofGroups(scales)(graph), graph.constant([2 ** (bits - 1)], 'float32')]);
    return biases === null ? middle : graph.op('Add', [middle, ofGroups(biases)(graph)]);
  };
  return {
    ...packedMatrix({
      shape,
      bits,
      group,
      codes: [4, 8].includes(bits) ? { bytes: (graph) => wordBytes(graph, words) } : { numbers },
      scales: ofGroups(scales),
      offsets,
    }),
    expand: (graph) => graph.reshape(expanded(graph), shape),
    steps: (graph) => {
      const sizes = graph.op('Abs', [scaleValue(graph, scales, [rows, groups, 1])]);
      return graph.reshape(graph.op('Expand', [sizes, graph.constant([rows, groups, group], 'int64')]), shape);
    },
    ...given({ rows: shape.length === 2 ? rowsOf : undefined }),
  };
  function rowsOf(graph: Graph, indices: Value): Value {
    const of = (all: Value) => graph.op('Gather', [all, indices], { axis: 0 });
    return graph.reshape(expanded(graph, of), [-1, groups * group]);
  }
}

function floats(parts: Parts): Pick<TensorRecipe, 'expand' | 'steps'> {
  const { words, scales, global, mode } = parts;
  const { bits, values, scales: table } = FLOATS[mode as keyof typeof FLOATS];
  const dims = grouped(parts);
  const [rows, groups] = dims;
  const scaleOf = (graph: Graph): Value => {
    const own = lookUpIn(graph, table, castTensorBytes(graph, scales, [rows, groups, 1]));
    if (global === null) return own;
    const experts = globalCount(words);
    const largest = graph.constant([LARGEST_PRODUCT], 'float32');
    const one = graph.op('Div', [scaleValue(graph, global, [experts, 1]), largest]);
    const spread = graph.op('Expand', [one, graph.constant([experts, rows / experts], 'int64')]);
    return graph.op('Mul', [own, graph.reshape(spread, [rows, 1, 1])]);
  };
  const expand = (numbers: readonly number[]) => (graph: Graph) => {
    const bytes = castTensorBytes(graph, words, [rows, (4 * words.size) / rows]);
    const found = bits === 4 ? lookUpPairs(graph, numbers, bytes, 'low nibble') : lookUpIn(graph, numbers, bytes);
    return graph.reshape(graph.op('Mul', [graph.reshape(found, dims), scaleOf(graph)]), shapeOf(parts));
  };
  return { expand: expand(values), steps: expand(distinctSteps(values)) };
}

/** The largest 8-bit float times the largest 4-bit float, 448 · 6: a global scale is relative to this. */
const LARGEST_PRODUCT = 2688;
