import { at } from '@shadow-gate/platform';
import { isObject } from '@shadow-gate/platform/json';
import type { NamePatterns } from '../../naming/name-pattern.ts';
import type { TensorEntry } from '../../tensors/tensor-entry.ts';
import type { QuantizationGroup } from './config-keys.ts';
import type { ConfigSection, Scheme } from './format.ts';
import type { BlockSizes } from './tables.ts';

/**
 * Finds a module's group: by its name, then by a pattern for the beginning of its name, then by its class, in any order
 * (compressed-tensors 0.20, utils/match.py). Null for none or an ignored module.
 */
export function quantizationGroupFinder(settings: ConfigSection, patterns: NamePatterns) {
  const groups = isObject(settings.config_groups) ? (Object.values(settings.config_groups) as QuantizationGroup[]) : [];
  const ignored = Array.isArray(settings.ignore) ? (settings.ignore as string[]) : [];
  // If groups share a target, the last one has it.
  const targets = new Map(groups.flatMap((group) => (group.targets ?? []).map((target) => [target, group] as const)));
  const isNamed = (module: string, target: string) =>
    target.startsWith('re:') ? patterns.compile(`(${target.slice(3)}).*`, target).matches(module) : target === module;
  const inOrder = [...targets.keys()].sort(
    (a, b) => Number(a.includes('re:')) - Number(b.includes('re:')) || (a < b ? -1 : 1),
  );
  return (module: string) => {
    const classes = classesOf(module);
    if (ignored.some((name) => isNamed(module, name) || classes.includes(name))) return null;
    const target = inOrder.find((name) => isNamed(module, name)) ?? inOrder.find((name) => classes.includes(name));
    return (target !== undefined && targets.get(target)) || null;
  };
}

/** The class and those that it extends. */
function classesOf(module: string): readonly string[] {
  return /(^|\.)(embed_tokens|wte|embed_in|word_embeddings|tok_embeddings)$/.test(module)
    ? ['Embedding', 'Module']
    : ['Linear', 'Module'];
}

const LAYOUTS: Readonly<Record<string, Scheme['layout']>> = {
  'pack-quantized': 'packed',
  'int-quantized': 'codes',
  'float-quantized': 'codes',
  'naive-quantized': 'codes',
  'nvfp4-pack-quantized': 'nvfp4',
  'mxfp4-pack-quantized': 'mxfp4',
  'mxfp8-quantized': 'mxfp8',
};

/**
 * A group's scheme (compressed-tensors 0.20, quantization/quant_args.py, compressors/format.py); null if not read.
 * @param format of all groups: vLLM obeys it, and transformers infers it for a group that states none
 */
export function groupScheme(
  { weights, input_activations: inputs, format: own }: QuantizationGroup,
  format: unknown,
): Scheme | null {
  if (!weights) return null;
  const { num_bits: bits = 8, type = 'int', group_size: group, block_structure: block, actorder, symmetric } = weights;
  const isFloat = type === 'float';
  const found = isFloat ? floatLayout(bits, group, weights.scale_dtype) : inputs ? 'codes' : 'packed';
  const layout = own ? LAYOUTS[own] : found;
  const stated = typeof format === 'string' ? LAYOUTS[format] : undefined;
  const isGrouped = typeof group === 'number' && group > 0;
  const strategy = weights.strategy ?? (isGrouped ? 'group' : group === -1 ? 'channel' : 'tensor');
  const blocks = blocksOf(strategy, isGrouped ? group : null, block ?? null);
  const isContradicted = !own && stated !== undefined && stated !== layout;
  if (!layout || blocks === null || isContradicted || !isPossible(layout, weights, strategy)) return null;
  const isOrdered = actorder === 'group' || actorder === 'dynamic';
  return { layout, isFloat, bits, isSymmetric: symmetric !== false, isOrdered, blocks };
}

function isPossible(
  layout: Scheme['layout'],
  { num_bits: bits = 8, type = 'int', scale_dtype: scales }: NonNullable<QuantizationGroup['weights']>,
  strategy: string,
): boolean {
  if (type === 'int') return bits <= 8 && (layout === 'packed' || layout === 'codes');
  // Scales of this type would be taken for powers of two.
  if (layout === 'nvfp4') return bits === 4 && strategy === 'tensor_group' && scales !== 'torch.uint8';
  if (layout === 'mxfp4') return bits === 4 && strategy === 'group';
  return bits === 8 && layout !== 'packed';
}

function floatLayout(bits: number, group: unknown, scales: unknown): Scheme['layout'] | undefined {
  if (bits === 8) return group === 32 && scales === 'torch.uint8' ? 'mxfp8' : 'codes';
  if (bits !== 4) return undefined;
  return group === 32 ? 'mxfp4' : group === 16 ? 'nvfp4' : undefined;
}

function blocksOf(
  strategy: string,
  group: number | null,
  block: readonly number[] | null,
): ((shape: readonly number[]) => BlockSizes) | null {
  const isGrouped = strategy === 'group' || strategy === 'tensor_group';
  if (isGrouped !== (group !== null) || (strategy === 'block') !== (block !== null)) return null;
  if (group !== null) return () => [1, group];
  if (block !== null) return (shape) => shape.map((size, axis) => Math.min(size, at(block, axis)));
  if (strategy === 'channel') return (shape) => [1, at(shape, 1)];
  return strategy === 'tensor' ? (shape) => shape : null;
}

/** The blocks of a weight [rows, columns]; null if the number of scales does not match. */
export function statedBlocks(scheme: Scheme, shape: readonly number[], scale: TensorEntry): BlockSizes | null {
  const blocks = scheme.blocks(shape);
  const counts = shape.map((size, axis) => Math.ceil(size / at(blocks, axis)));
  const stored = scale.shape.length === 1 ? [scale.size, 1] : scale.shape;
  const isWhole = scale.size === 1 ? counts.every((count) => count === 1) : stored.join() === counts.join();
  return shape.length === 2 && isWhole ? blocks : null;
}
