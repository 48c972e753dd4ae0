import { at } from '@shadow-gate/platform';
import type { Graph, Value } from '../../onnx/graph.ts';
import type { TensorEntry, Tensors } from '../../tensors/tensor-entry.ts';
import type { ConfigSection, GptqSettings, QuantizedFormat, QuantizedWeight } from './format.ts';
import { integerRecipe, unpackWords, wordBytes } from './packed.ts';
import { quantizationMethod } from './settings.ts';
import { scaleValue } from './tables.ts';

/** Columns of a word's nibbles, the lowest first. */
const AWQ_ORDER = [0, 2, 4, 6, 1, 3, 5, 7];

/**
 * Integers with a scale and a zero for each group of inputs: `<module>.qweight`, `.qzeros` and `.scales` in place of
 * `<module>.weight`. GPTQ (Frantar et al. 2022, arXiv 2210.17323; GPTQModel 7.7): codes lie along the inputs, `g_idx`
 * [in] is the group of each input, and the format's first version stores zeros minus one. AWQ (Lin et al. 2023, arXiv
 * 2306.00978; AutoAWQ 0.2): 4-bit codes lie along the outputs, in another order. AutoRound 0.16 writes both.
 */
export const gptqAndAwq: QuantizedFormat = {
  methods: ['gptq', 'awq', 'auto-round', 'intel/auto-round'],
  turnsConv1d: true,
  async find(tensors, settings, { gptq: settingsOf }) {
    const packing = packingOf(settings);
    if (packing === null) return [];
    return [...tensors.values()].flatMap((codes): QuantizedWeight[] => {
      const module = /^(.*)\.qweight$/.exec(codes.name)?.[1];
      if (module === undefined || codes.dtype !== 'I32' || codes.shape.length !== 2) return [];
      const parts = partsOf(module, codes, tensors);
      if (parts === null) return [];
      // Modules that the config excludes are refused later, for that reason.
      const own = settingsOf(module) ?? settingsOf('');
      if (own === null) return [];
      const weight = packing === 'awq' ? awq(module, parts, own) : gptq(module, parts, own, packing);
      return weight === null ? [] : [weight];
    });
  },
};

/** `gptq_v2` stores zeros unchanged. */
type Packing = 'gptq' | 'gptq_v2' | 'awq';

/** The packing of codes and zeros; null if it is not read or not stated: both versions look the same. */
function packingOf(settings: ConfigSection): Packing | null {
  const { format, checkpoint_format: older, version, packing_format: packing } = settings;
  const { rotation, rotation_config: hadamard } = settings;
  // Rotated weights need rotated inputs.
  if (hasValue(rotation) || hasValue(hadamard) || settings.is_marlin_format === true) return null;
  const method = quantizationMethod(settings);
  if (method === 'auto-round' || method === 'intel/auto-round') return autoRound(packing, settings.act_bits);
  const [named = null, conflicting] = new Set([format, older].filter(hasValue));
  if (conflicting !== undefined) return null;
  if (named === 'gptq_v2' && method !== 'awq') return 'gptq_v2';
  if (named === 'gptq' && method !== 'awq') return 'gptq';
  if (method === 'gptq') return named === null ? 'gptq' : null;
  if (method !== 'awq') return null;
  const layouts = [named, version].filter(hasValue);
  return layouts.every((layout) => `${layout}`.toLowerCase() === 'gemm') ? 'awq' : null;
}

function hasValue(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** AutoRound 0.16, export/export_to_autoround/export.py: only its packing for GPTQ stores zeros minus one. */
function autoRound(packing: unknown, activationBits: unknown): Packing | null {
  if (typeof activationBits === 'number' && activationBits <= 8) return null;
  const [, kernel = ''] = /^auto_round:(\w+)$/.exec(`${packing}`) ?? [];
  if (['auto_awq', 'awq'].includes(kernel)) return 'awq';
  if (['auto_gptq', 'gptq'].includes(kernel)) return 'gptq';
  return ['gptqmodel', 'exllamav2', 'tritonv2', 'triton', 'torch'].includes(kernel) ? 'gptq_v2' : null;
}

interface Parts {
  readonly codes: TensorEntry;
  readonly zeros: TensorEntry;
  readonly scales: TensorEntry;
  readonly index: TensorEntry | undefined;
  readonly groups: number;
  readonly outputs: number;
}

function partsOf(module: string, codes: TensorEntry, tensors: Tensors): Parts | null {
  const [zeros, scales, index] = ['qzeros', 'scales', 'g_idx'].map((leaf) => tensors.get(`${module}.${leaf}`));
  if (zeros?.dtype !== 'I32' || zeros.shape.length !== 2 || scales === undefined) return null;
  if (!['F16', 'BF16', 'F32'].includes(scales.dtype) || scales.shape.length !== 2) return null;
  const [groups, outputs] = [at(scales.shape, 0), at(scales.shape, 1)];
  return zeros.shape[0] === groups && groups > 0 && outputs > 0
    ? { codes, zeros, scales, index, groups, outputs }
    : null;
}

function turned(graph: Graph, value: Value): Value {
  return graph.op('Transpose', [value], { perm: [1, 0] });
}

function gptq(module: string, parts: Parts, settings: GptqSettings, version: Packing): QuantizedWeight | null {
  const { codes, zeros, scales, index, groups, outputs } = parts;
  const { bits } = settings;
  // Other numbers of bits are packed in planes, or in an order of their own.
  if (bits === null || ![2, 3, 4, 8].includes(bits) || codes.shape[1] !== outputs) return null;
  if (Math.ceil((outputs * bits) / 32) !== zeros.shape[1]) return null;
  const inputs = index ? index.size : Math.floor((at(codes.shape, 0) * 32) / bits);
  if (Math.ceil((inputs * bits) / 32) !== codes.shape[0]) return null;
  if (index && (index.dtype !== 'I32' || index.shape.length !== 1)) return null;
  const size = groupSize(inputs, settings);
  if (size === null || Math.ceil(inputs / size) !== groups) return null;
  // An index of columns in their order is compared with that (gptq-values.ts).
  const group = index && settings.isOrdered ? index : size;
  const recipe = integerRecipe({
    shape: [outputs, inputs],
    bits,
    codes: (graph) => unpackWords(graph, codes, { bits, count: inputs, stored: 'words first' }),
    bytes: [4, 8].includes(bits) ? (graph) => wordBytes(graph, codes, 'words first') : undefined,
    isSymmetric: settings.isSymmetric,
    zeros: (graph) => {
      const stored = unpackWords(graph, zeros, { bits, count: outputs });
      if (version === 'gptq_v2') return turned(graph, stored);
      const raised = graph.op('Add', [stored, graph.constant([1], 'float32')]);
      return turned(graph, graph.op('Mod', [raised, graph.constant([2 ** bits], 'float32')], { fmod: 1 }));
    },
    scales: (graph) => turned(graph, scaleValue(graph, scales, [groups, outputs])),
    groups: { count: groups, of: group },
  });
  return {
    name: `${module}.weight`,
    format: `GPTQ ${bits}-bit`,
    shape: [outputs, inputs],
    recipe: {
      ...recipe,
      stored: [codes, zeros, scales, ...(index ? [index] : [])],
      parameters: ['GPTQ', bits, version === 'gptq_v2' ? 2 : 1, ...(typeof group === 'number' ? [group] : [])],
    },
  };
}

/** The inputs of a group. By default 128, as in AutoGPTQ and others. */
function groupSize(inputs: number, { groupSize: stated }: GptqSettings): number | null {
  const size = stated ?? 128;
  return size === -1 ? inputs : size > 0 ? Math.min(size, inputs) : null;
}

function awq(module: string, parts: Parts, settings: GptqSettings): QuantizedWeight | null {
  const { codes, zeros, scales, index, groups, outputs } = parts;
  const inputs = at(codes.shape, 0);
  const width = outputs / 8;
  if (index || at(codes.shape, 1) !== width || at(zeros.shape, 1) !== width || inputs % groups !== 0) return null;
  if ((settings.bits ?? 4) !== 4 || groupSize(inputs, settings) !== inputs / groups) return null;
  const natural = (graph: Graph, words: TensorEntry, rows: number) => {
    const codesInRows = unpackWords(graph, words, { bits: 4, count: outputs });
    const inWords = graph.reshape(codesInRows, [rows, width, 8]);
    const order = Array.from({ length: 8 }, (_, column) => AWQ_ORDER.indexOf(column));
    const ordered = graph.op('Gather', [inWords, graph.constant(order, 'int64')], { axis: 2 });
    return turned(graph, graph.reshape(ordered, [rows, outputs]));
  };
  const recipe = integerRecipe({
    shape: [outputs, inputs],
    bits: 4,
    isSymmetric: false,
    codes: (graph) => natural(graph, codes, inputs),
    zeros: (graph) => natural(graph, zeros, groups),
    scales: (graph) => turned(graph, scaleValue(graph, scales, [groups, outputs])),
    groups: { count: groups, of: inputs / groups },
  });
  return {
    name: `${module}.weight`,
    format: 'AWQ 4-bit',
    shape: [outputs, inputs],
    recipe: { ...recipe, stored: [codes, zeros, scales], parameters: ['AWQ', 4] },
  };
}
