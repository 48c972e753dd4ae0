import { join } from 'node:path';
import { type FullCheckpoint, QUANTIZATION_KEYS } from '@shadow-gate/checkpoints/formats';
import type { TensorEntry } from '@shadow-gate/checkpoints/tensors';
import type { Decoder } from './architectures/decoder.ts';
import { configAs } from './architectures/describe-decoder.ts';
import type { ModelFamily } from './architectures/families/family.ts';
import { MODEL_FAMILIES } from './architectures/families/index.ts';
import { Weights } from './architectures/weights.ts';
import { buildBackbone } from './graph/backbone.ts';
import { buildHead } from './graph/head.ts';

/** A known family compared with an unknown checkpoint, by the names in the file. */
export interface Nearness {
  readonly modelType: string;
  /** Tensors that the family would use: names and shapes match. */
  readonly used: number;
  readonly total: number;
  /** Tensors that it would not use. */
  readonly unused: readonly string[];
  /** Tensors that it would not find, or only with another shape. */
  readonly missing: readonly string[];
  /** Unread keys of the config that may change the arithmetic: `"key": value`. */
  readonly keys: readonly string[];
}

/** A near family uses at least this share of the tensors. */
const LEAST_SHARE = 0.25;
/** Layers compared with every family; the nearest is then compared with all. */
const SAMPLED_LAYERS = 6;

type Values = Readonly<Record<string, unknown>>;

/**
 * The known family that would use most of a checkpoint's tensors, by names and shapes, or null if none is near.
 * Arithmetic can differ all the same.
 * @param values its config, or that of its text model
 * @param names `model_type` and model classes, which decide between equally near families
 */
export function nearestFamily(checkpoint: FullCheckpoint, values: Values, names: readonly string[]): Nearness | null {
  const sample = sampleOf(checkpoint);
  let best: { readonly family: ModelFamily; readonly rank: readonly number[] } | null = null;
  for (const family of MODEL_FAMILIES) {
    const nearness = compareWith(family, sample, values, SAMPLED_LAYERS);
    if (nearness === null || !isNear(nearness)) continue;
    const rank = [nearness.used - nearness.missing.length, -nearness.keys.length, likeness(family.modelType, names)];
    if (best === null || isGreater(rank, best.rank)) best = { family, rank };
  }
  if (best === null) return null;
  const nearest = compareWith(best.family, checkpoint, values, Number.POSITIVE_INFINITY);
  return nearest !== null && isNear(nearest) ? nearest : null;
}

function isNear({ used, total }: Nearness): boolean {
  return used >= LEAST_SHARE * total;
}

/** @returns null if the family cannot describe such a config, or has no such embeddings */
function compareWith(
  family: ModelFamily,
  checkpoint: FullCheckpoint,
  values: Values,
  mostLayers: number,
): Nearness | null {
  try {
    const config = configAs(family, values, join(checkpoint.path, 'config.json'));
    config.ignore(...QUANTIZATION_KEYS);
    const whole = family.describe(config);
    const decoder: Decoder = { ...whole, layers: whole.layers.slice(0, mostLayers) };
    const weights = new ComparedWeights(checkpoint, decoder);
    buildBackbone(decoder, weights, { attention: 'concat', fuseExperts: false, useKvCache: false });
    buildHead(decoder, weights);
    const names = [...checkpoint.tensors.keys()];
    const isUsed = (name: string) => weights.isUsed(name) && !weights.missing.has(name);
    const unused = names.filter((name) => !isUsed(name)).sort();
    return {
      modelType: family.modelType,
      used: names.length - unused.length,
      total: names.length,
      unused,
      missing: [...weights.missing].sort(),
      keys: config.unread().map(({ shown }) => shown),
    };
  } catch {
    // A graph of sizes that were meant for another family can break anywhere.
    return null;
  }
}

/** Weights that record what is missing. */
class ComparedWeights extends Weights {
  readonly missing = new Set<string>();

  constructor(checkpoint: FullCheckpoint, decoder: Decoder) {
    super(checkpoint, decoder, null);
  }

  protected override onMissing(name: string, shape: readonly number[]): TensorEntry {
    this.missing.add(name);
    const size = shape.reduce((product, length) => product * length, 1);
    return { name, dtype: 'F32', shape, size, file: '', offset: 0, byteLength: 4 * size };
  }

  protected override onOtherShape({ name }: TensorEntry, shape: readonly number[]): TensorEntry {
    return this.onMissing(name, shape);
  }
}

const LAYER = /(?:^|\.)(?:layers|h|blocks?|layer)\.(\d+)\./;

/** The checkpoint without later layers, to compare all families in a moment. */
function sampleOf(checkpoint: FullCheckpoint): FullCheckpoint {
  const early = [...checkpoint.tensors].filter(([name]) => Number(LAYER.exec(name)?.[1] ?? 0) < SAMPLED_LAYERS);
  return { ...checkpoint, tensors: new Map(early) };
}

/** The longest part of a family's name in one of these, minus a little for the rest of it. */
function likeness(modelType: string, names: readonly string[]): number {
  const letters = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '');
  const own = letters(modelType);
  const others = names.map(letters);
  const isIn = (start: number, length: number) =>
    others.some((other) => other.includes(own.slice(start, start + length)));
  for (let length = own.length; length > 0; length--) {
    for (let start = 0; start + length <= own.length; start++) {
      if (isIn(start, length)) return length - (own.length - length) / 100;
    }
  }
  return 0;
}

function isGreater(rank: readonly number[], other: readonly number[]): boolean {
  const index = rank.findIndex((value, i) => value !== other[i]);
  return index >= 0 && (rank[index] ?? 0) > (other[index] ?? 0);
}
