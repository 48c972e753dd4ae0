import { ElementType, type Graph, type Value } from '../../onnx/graph.ts';
import { at } from '../../platform/at.ts';
import type { QuantizedFormat, QuantizedWeight, Section, Tensors } from './format.ts';
import { bitsOf, evenGroups, integerRecipe, unpack, wordBytes } from './packed.ts';
import { scaleValue } from './tables.ts';

/** Columns of the nibbles of a word, the lowest first. */
const AWQ_ORDER = [0, 2, 4, 6, 1, 3, 5, 7];

/**
 * Integers with a scale and a zero for each group of inputs, `<module>.qweight`, `.qzeros` and `.scales` in place of
 * `<module>.weight`. GPTQ (Frantar et al. 2022, arXiv 2210.17323; GPTQModel 7.7): codes lie along the inputs, and `g_idx` [in] says which
 * group each input is of; the first version of the format stores zeros less one. AWQ (Lin et al. 2023, arXiv 2306.00978; AutoAWQ 0.2):
 * codes of 4 bits lie along the outputs, in an order of their own.
 */
export const gptqAndAwq: QuantizedFormat = {
  async find(tensors, config) {
    return [...tensors.values()].flatMap((codes): QuantizedWeight[] => {
      const module = /^(.*)\.qweight$/.exec(codes.name)?.[1];
      if (module === undefined || codes.dtype !== 'I32' || codes.shape.length !== 2) return [];
      const weight = tensors.has(`${module}.g_idx`) ? gptq(module, tensors, config) : awq(module, tensors, config);
      return weight === null ? [] : [weight];
    });
  },
};

/** How codes are laid out, by the one or the other key: undefined if the config has none. Where they differ, it is none that is known. */
function formatOf(config: Section, keys: readonly string[]): string | undefined {
  const stated = new Set(keys.map((key) => config[key]).filter((value) => value !== undefined && value !== null));
  return stated.size === 0 ? undefined : [...stated].map(String).join(' and ').toLowerCase();
}

interface Parts {
  readonly codes: NonNullable<ReturnType<Tensors['get']>>;
  readonly zeros: NonNullable<ReturnType<Tensors['get']>>;
  readonly scales: NonNullable<ReturnType<Tensors['get']>>;
  /** Groups and outputs. */
  readonly counts: readonly [number, number];
}

function partsOf(module: string, tensors: Tensors): Parts | null {
  const [codes, zeros, scales] = ['qweight', 'qzeros', 'scales'].map((leaf) => tensors.get(`${module}.${leaf}`));
  if (codes === undefined || zeros?.dtype !== 'I32' || scales === undefined) return null;
  if (!['F16', 'BF16', 'F32'].includes(scales.dtype) || scales.shape.length !== 2) return null;
  const [groups, outputs] = [at(scales.shape, 0), at(scales.shape, 1)];
  return zeros.shape.length === 2 && zeros.shape[0] === groups
    ? { codes, zeros, scales, counts: [groups, outputs] }
    : null;
}

function turned(graph: Graph, value: Value): Value {
  return graph.op('Transpose', [value], { perm: [1, 0] });
}

function gptq(module: string, tensors: Tensors, config: Section): QuantizedWeight | null {
  const parts = partsOf(module, tensors);
  const index = tensors.get(`${module}.g_idx`);
  if (parts === null || index?.dtype !== 'I32' || index.shape.length !== 1) return null;
  const { codes, zeros, scales, counts } = parts;
  const [groups, outputs] = counts;
  const inputs = index.size;
  const bits = bitsOf(inputs, at(codes.shape, 0), config.bits);
  // The other numbers of bits are packed in planes.
  if (bits === null || ![2, 3, 4, 8].includes(bits) || codes.shape[1] !== outputs) return null;
  if (at(zeros.shape, 1) !== Math.ceil((outputs * bits) / 32)) return null;
  const format = formatOf(config, ['checkpoint_format', 'format']);
  const isSecond = format === 'gptq_v2';
  // Other kernels' orders are not read.
  if (!['gptq', 'gptq_v2', undefined].includes(format) || config.is_marlin_format === true) return null;
  if (![undefined, 'gptq'].includes(config.quant_method as string | undefined)) return null;
  const recipe = integerRecipe({
    shape: [outputs, inputs],
    codes: (graph) => unpack(graph, wordBytes(graph, codes, 'words first'), { bits, count: inputs }),
    zeros: (graph) => {
      const stored = unpack(graph, wordBytes(graph, zeros), { bits, count: outputs });
      if (isSecond) return turned(graph, stored);
      const raised = graph.op('Add', [stored, graph.constant([1], 'float32')]);
      return turned(graph, graph.op('Mod', [raised, graph.constant([2 ** bits], 'float32')], { fmod: 1 }));
    },
    scales: (graph) => turned(graph, scaleValue(graph, scales, [groups, outputs])),
    groups: (graph) => graph.external(index, ElementType.int32, [inputs]),
  });
  return {
    name: `${module}.weight`,
    format: `GPTQ, ${bits}-bit`,
    shape: [outputs, inputs],
    recipe: { ...recipe, stored: [codes, zeros, scales, index], parameters: ['GPTQ', bits, isSecond ? 2 : 1] },
  };
}

function awq(module: string, tensors: Tensors, config: Section): QuantizedWeight | null {
  const parts = partsOf(module, tensors);
  const format = formatOf(config, ['version', 'format', 'checkpoint_format']);
  if (parts === null || config.quant_method !== 'awq' || !['gemm', undefined].includes(format)) return null;
  const { codes, zeros, scales, counts } = parts;
  const [groups, outputs] = counts;
  const inputs = at(codes.shape, 0);
  const width = outputs / 8;
  if (at(codes.shape, 1) !== width || at(zeros.shape, 1) !== width || inputs % groups !== 0) return null;
  const natural = (graph: Graph, words: Parts['codes'], rows: number) => {
    const codesOf = graph.reshape(unpack(graph, wordBytes(graph, words), { bits: 4, count: outputs }), [
      rows,
      width,
      8,
    ]);
    const order = Array.from({ length: 8 }, (_, column) => AWQ_ORDER.indexOf(column));
    const ordered = graph.op('Gather', [codesOf, graph.constant(order, 'int64')], { axis: 2 });
    return turned(graph, graph.reshape(ordered, [rows, outputs]));
  };
  const recipe = integerRecipe({
    shape: [outputs, inputs],
    codes: (graph) => natural(graph, codes, inputs),
    zeros: (graph) => natural(graph, zeros, groups),
    scales: (graph) => turned(graph, scaleValue(graph, scales, [groups, outputs])),
    groups: evenGroups(inputs, groups),
  });
  return {
    name: `${module}.weight`,
    format: 'AWQ, 4-bit',
    shape: [outputs, inputs],
    recipe: { ...recipe, stored: [codes, zeros, scales], parameters: ['AWQ', 4] },
  };
}
