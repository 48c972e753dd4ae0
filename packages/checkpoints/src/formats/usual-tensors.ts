import { UserError } from '@shadow-gate/platform';
import type { TensorEntry } from '../tensors/tensor-entry.ts';
import { isConsolidated, usualNames } from './consolidated/names.ts';
import { withUsualOrder } from './consolidated/weights.ts';
import { moduleNames } from './deepseek/names.ts';
import type { FullCheckpoint } from './full-checkpoint.ts';
import { fromMlx } from './mlx/layout.ts';
import type { TensorSource } from './quantized/format.ts';
import { readQuantized } from './quantized/read-quantized.ts';

/** Names, shapes and order of transformers for the weights of mlx-lm, Mistral and DeepSeek, and for quantized ones. */
export async function usualTensors(
  checkpoint: Pick<FullCheckpoint, 'tensors' | 'config' | 'path' | 'files' | 'architecture'>,
  source: Omit<TensorSource, 'config' | 'scheme' | 'gptq'>,
): Promise<ReadonlyMap<string, TensorEntry>> {
  const { tensors, config } = checkpoint;
  const own = config !== null && MISTRAL.has(config.model_type) && isConsolidated(tensors) ? config : null;
  const entries = [...tensors.values()];
  const usual =
    own !== null ? usualNames(entries, own) : config?.model_type === 'deepseek_v4' ? moduleNames(entries) : null;
  const named = usual === null ? tensors : byName(checkpoint.path, usual);
  const read = await readQuantized({ ...checkpoint, tensors: named }, source);
  return fromMlx({ tensors: own === null ? read : withUsualOrder(read, own), config });
}

const MISTRAL = new Set<unknown>(['mistral', 'mixtral', 'ministral', 'ministral3', 'mistral3', 'mistral4', 'llava']);

function byName(path: string, entries: readonly TensorEntry[]): Map<string, TensorEntry> {
  const found = new Map([...entries].sort((a, b) => (a.name < b.name ? -1 : 1)).map((entry) => [entry.name, entry]));
  const twice = entries.find((entry) => found.get(entry.name) !== entry);
  if (twice === undefined) return found;
  throw new UserError(
    `${path} has ${JSON.stringify(twice.name)} twice, in its authors' own names and in those of transformers`,
    'keep one of them',
  );
}
