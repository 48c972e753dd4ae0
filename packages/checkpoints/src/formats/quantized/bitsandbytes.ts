import { at } from '@shadow-gate/platform';
import { z } from 'zod';
import { ElementType, type Graph, type Value } from '../../onnx/graph.ts';
import type { TensorEntry, TensorRecipe, Tensors } from '../../tensors/tensor-entry.ts';
import { parsedText, type QuantizedFormat, type QuantizedWeight } from './format.ts';
import { int8Value } from './packed.ts';
import { packedBytesOf } from './packed-matrix.ts';
import { castTensorBytes, distinctSteps, lookUpPairs } from './tables.ts';

const stateSchema = z.looseObject({
  quant_type: z.enum(['nf4', 'fp4']),
  blocksize: z.int().positive(),
  shape: z.array(z.int().positive()),
  nested_blocksize: z.int().positive().optional(),
  nested_offset: z.number().optional(),
});
type State = z.infer<typeof stateSchema>;

const STATE = '.quant_state.bitsandbytes__';

/** The 16 codes in float32 (NF4: appendix E of the paper). The library ignores a file's `quant_map`. */
const FP4_HALF = [0, 0.0052083335, 0.6666667, 1, 0.33333334, 0.5, 0.16666667, 0.25];
const TABLES = {
  nf4: [
    -1, -0.6961928, -0.52507305, -0.3949175, -0.28444138, -0.18477343, -0.091050036, 0, 0.0795803, 0.1609302, 0.2461123,
    0.33791524, 0.44070983, 0.562617, 0.72295684, 1,
  ],
  fp4: [...FP4_HALF, ...FP4_HALF.map((value) => -value)],
} as const;

const OF_127 = 7.874015718698502e-3;

/**
 * bitsandbytes (0.50, functional.py and backends/default/ops.py). 4 bits (QLoRA, Dettmers et al. 2023, arXiv
 * 2305.14314): two codes per byte, high nibble first, that index a table of 16 numbers, with a scale for each block of
 * the flattened weight; scales may be codes themselves. 8 bits (arXiv 2208.07339): integers with a scale for each row.
 */
export const bitsandbytes: QuantizedFormat = {
  methods: ['bitsandbytes'],
  turnsConv1d: true,
  async find(tensors, settings, { read }) {
    const found: QuantizedWeight[] = [];
    const { load_in_4bit: four = false, load_in_8bit: eight = false } = settings;
    const isStated = settings.quant_method !== undefined || four !== false || eight !== false;
    for (const codes of tensors.values()) {
      const isFour = tensors.has(`${codes.name}.absmax`);
      // transformers builds layers of only one kind.
      if (isStated && (four !== isFour || eight === isFour)) continue;
      const weight = await (isFour ? fourBits : eightBits)(codes, tensors, read);
      if (weight) found.push(weight);
    }
    return found;
  },
};

async function fourBits(codes: TensorEntry, tensors: Tensors, read: (entry: TensorEntry) => Promise<Buffer>) {
  const { name } = codes;
  const part = (leaf: string) => tensors.get(`${name}.${leaf}`);
  const described = Object.keys(TABLES).flatMap((type) => tensors.get(`${name}${STATE}${type}`) ?? []);
  const [absmax, map] = [part('absmax'), part('quant_map')];
  if (absmax === undefined || map?.size !== 16 || map.dtype !== 'F32') return null;
  const [description, ...others] = described;
  if (description === undefined || others.length > 0) return null;
  const state = parsedText(stateSchema, (await read(description)).toString('utf8'));
  if (state === null || !description.name.endsWith(state.quant_type)) return null;
  const size = state.shape.reduce((product, length) => product * length, 1);
  const blocks = Math.ceil(size / state.blocksize);
  // The bytes can be stored as numbers of several types (`bnb_4bit_quant_storage`).
  const isWhole = BYTES_IN.includes(codes.dtype) && fitsIn(codes, Math.ceil(size / 2));
  if (!isWhole || absmax.size !== blocks) return null;
  const nested = nestedOf(state, absmax, part('nested_absmax'), part('nested_quant_map'));
  if (nested === null) return null;
  const stored = [codes, absmax, map, description, ...nested.stored];
  const format = `${state.quant_type.toUpperCase()} (bitsandbytes)`;
  return { name, format, shape: state.shape, recipe: { ...recipeOf(codes, state, nested.scales), stored } };
}

const BYTES_IN = ['U8', 'I8', 'F16', 'BF16', 'F32'];

/** Only a part of the last number may be used. */
function fitsIn({ byteLength, size }: TensorEntry, bytes: number): boolean {
  return byteLength >= bytes && byteLength - bytes < byteLength / size;
}

interface Scales {
  /** Stored in addition to the scales themselves. */
  readonly stored: readonly TensorEntry[];
  /** float32 [blocks]. */
  readonly scales: (graph: Graph) => Value;
}

/** Scales are numbers, or codes with their own table and scales and one offset. */
function nestedOf(
  { nested_blocksize: size, nested_offset: offset }: State,
  absmax: TensorEntry,
  scales: TensorEntry | undefined,
  map: TensorEntry | undefined,
): Scales | null {
  if (absmax.dtype === 'F32') {
    return { stored: [], scales: (graph) => graph.external(absmax, ElementType.float32, [absmax.size]) };
  }
  const isWhole = scales?.dtype === 'F32' && map?.dtype === 'F32' && map.size === 256;
  if (absmax.dtype !== 'U8' || !isWhole || size === undefined || offset === undefined) return null;
  if (scales.size !== Math.ceil(absmax.size / size)) return null;
  return {
    stored: [scales, map],
    scales: (graph) => {
      const codes = castTensorBytes(graph, absmax, [absmax.size]);
      const numbers = graph.op('Gather', [graph.external(map, ElementType.float32, [256]), codes], { axis: 0 });
      const own = graph.external(scales, ElementType.float32, [scales.size]);
      const scaled = inBlocks(graph, numbers, own, { size: absmax.size, block: size });
      return graph.op('Add', [scaled, graph.constant([offset], 'float32')]);
    },
  };
}

/** Numbers [size] times the scale of their block; the last block may be partial. */
function inBlocks(
  graph: Graph,
  numbers: Value,
  scales: Value,
  { size, block: stated }: { readonly size: number; readonly block: number },
): Value {
  // A single block may be larger than the weight.
  const block = Math.min(stated, size);
  const count = Math.ceil(size / block);
  const padded =
    count * block === size
      ? numbers
      : graph.op('Pad', [numbers, graph.constant([0, count * block - size], 'int64')], { mode: 'constant' });
  const scaled = graph.op('Mul', [graph.reshape(padded, [count, block]), graph.reshape(scales, [count, 1])]);
  const flat = graph.reshape(scaled, [count * block]);
  return count * block === size ? flat : graph.slice(flat, 0, 0, size);
}

function recipeOf(
  codes: TensorEntry,
  { shape, blocksize: block, quant_type: type, nested_blocksize: nested = 0, nested_offset: offset = 0 }: State,
  scales: Scales['scales'],
): Omit<TensorRecipe, 'stored'> {
  const size = shape.reduce((product, length) => product * length, 1);
  const expand = (table: readonly number[]) => (graph: Graph) => {
    const bytes = codes.byteLength;
    const pairs = lookUpPairs(graph, table, castTensorBytes(graph, codes, [bytes]), 'high nibble');
    const all = graph.reshape(pairs, [2 * bytes]);
    const numbers = 2 * bytes === size ? all : graph.slice(all, 0, 0, size);
    return graph.reshape(inBlocks(graph, numbers, scales(graph), { size, block }), shape);
  };
  return {
    parameters: [type, block, nested, offset, ...shape],
    expand: expand(TABLES[type]),
    steps: expand(distinctSteps(TABLES[type])),
  };
}

async function eightBits(
  codes: TensorEntry,
  tensors: Tensors,
  read: (entry: TensorEntry) => Promise<Buffer>,
): Promise<QuantizedWeight | null> {
  const { name, shape } = codes;
  const module = name.endsWith('.weight') ? name.slice(0, -'weight'.length) : null;
  const scales = module === null ? undefined : tensors.get(`${module}SCB`);
  if (codes.dtype !== 'I8' || scales?.dtype !== 'F32' || shape.length !== 2 || scales.size !== shape[0]) return null;
  const order = tensors.get(`${module}weight_format`);
  // 0 is row by row; others are tiles for old GPUs.
  if (order && at(await read(order), 0) !== 0) return null;
  const perRow = (graph: Graph) => graph.external(scales, ElementType.float32, [scales.size, 1]);
  const factor = (graph: Graph) => graph.constant([OF_127], 'float32');
  return {
    name,
    format: 'INT8 (bitsandbytes)',
    shape,
    recipe: {
      stored: [codes, scales, ...(order ? [order] : [])],
      parameters: ['int8'],
      ...packedBytesOf({
        codes,
        blocks: [1, at(shape, 1)],
        scales: (graph) => graph.op('Mul', [perRow(graph), factor(graph)]),
        zeros: undefined,
      }),
      expand: (graph) => {
        const scaled = graph.op('Mul', [int8Value(graph, codes), perRow(graph)]);
        return graph.op('Mul', [scaled, factor(graph)]);
      },
      steps: (graph) =>
        graph.op('Expand', [graph.op('Mul', [perRow(graph), factor(graph)]), graph.constant([...shape], 'int64')]),
    },
  };
}
