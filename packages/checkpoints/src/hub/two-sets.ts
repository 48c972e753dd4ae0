import { UserError } from '@shadow-gate/platform';
import {
  ADAPTER,
  ADAPTER_CONFIG,
  isOtherSet,
  LAYOUTS,
  layoutIn,
  MLX_ADAPTER,
  PICKLED_ADAPTER,
} from './weight-formats.ts';

const CONSOLIDATED = 'consolidated.safetensors';
/** Mistral's own weights, by what vLLM looks for. */
export const CONSOLIDATED_FILE = /^consolidated.*\.safetensors$/;
const CONSOLIDATED_SHARD = /^consolidated[.-](\d+)-of-(\d+)\.safetensors$/;

/**
 * Mistral's own files of weights, next to its params.json: `consolidated.safetensors` or shards.
 * @returns null if there are none, or weights in the layout of transformers, which are read instead
 * @throws UserError for both, and for shards that are not complete
 */
export function consolidatedFiles(names: ReadonlySet<string>, path: string): readonly string[] | null {
  const others = [...LAYOUTS.flatMap(({ single, index }) => [single, index]), ADAPTER, ADAPTER_CONFIG];
  if (others.some((name) => names.has(name)) || !names.has('params.json')) return null;
  const shards = [...names].filter((name) => CONSOLIDATED_SHARD.test(name)).sort();
  const [first] = shards;
  if (first === undefined) return names.has(CONSOLIDATED) ? [CONSOLIDATED] : null;
  if (names.has(CONSOLIDATED)) throw twoSets(path, [CONSOLIDATED, first]);
  const counts = new Set(shards.map((name) => Number(CONSOLIDATED_SHARD.exec(name)?.[2])));
  if (counts.size === 1 && counts.has(shards.length)) return shards;
  throw new UserError(
    `${path} has ${shards.length} files like ${first}, and not as many as their names say`,
    'download all of them',
  );
}

/**
 * Two sets of weights in one folder: one could be measured and the other one loaded. transformers prefers an adapter to
 * full weights and one file to shards, also with pickles; vLLM prefers the files of an index and, without one, loads
 * all of them. `findOtherWeights` compares other files next to safetensors (`.bin`, `consolidated.safetensors`).
 * @returns null unless the names alone show it: only an index says whether it is of the single file
 */
export function twoSetsOfWeights(names: ReadonlySet<string>, path: string): UserError | null {
  const find = (...wanted: readonly string[]) => wanted.find((name) => names.has(name));
  const layout = layoutIn(names);
  const full = layout ? find(layout.single, layout.index) : undefined;
  const adapter = find(ADAPTER, ADAPTER_CONFIG, PICKLED_ADAPTER);
  if (full !== undefined && adapter !== undefined) return twoSets(path, [full, adapter]);
  const shard =
    layout && names.has(layout.single) ? [...names].sort().find((name) => layout.shard.test(name)) : undefined;
  if (layout && shard !== undefined) return twoSets(path, [layout.single, shard]);
  return names.has(ADAPTER) && names.has(MLX_ADAPTER) ? twoSets(path, [ADAPTER, MLX_ADAPTER]) : null;
}

/** Another set of weights next to pickles, GGUF or ONNX, which would be silently ignored. */
export function twoSetsWith(chosen: string, names: Iterable<string>, path: string): UserError | null {
  const other = [...names].sort().find((name) => isOtherSet(name, chosen));
  return other === undefined ? null : twoSets(path, [chosen, other]);
}

export function twoSets(path: string, [one, other]: readonly [string, string]): UserError {
  return new UserError(
    `${path} has two sets of weights, ${one} and ${other}, and loaders differ in which they use`,
    `keep one of them there: remove ${one} or ${other}, or move it to a folder of its own`,
  );
}
