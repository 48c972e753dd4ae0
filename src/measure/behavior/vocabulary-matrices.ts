import type { Checkpoint } from '@shadow-gate/checkpoints';
import type { FullCheckpoint } from '@shadow-gate/checkpoints/formats';
import { tensorPlace } from '@shadow-gate/checkpoints/naming';
import { isReadable, type TensorEntry } from '@shadow-gate/checkpoints/tensors';

/** What a model computes with: an adapter's saved modules replace its base model's. */
export interface UsedWeights {
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly config: Readonly<Record<string, unknown>>;
}

/** @returns null for an adapter without its base model */
export function weightsOf(checkpoint: Checkpoint, base: FullCheckpoint | null): UsedWeights | null {
  if (checkpoint.format !== 'lora') return { tensors: mapped(checkpoint), config: checkpoint.config ?? {} };
  if (base === null) return null;
  return { tensors: new Map([...mapped(base), ...checkpoint.saved]), config: base.config ?? {} };
}

/** Elements of an ONNX model that cannot be mapped are not read. */
function mapped({ tensors, onnx }: FullCheckpoint): ReadonlyMap<string, TensorEntry> {
  const unmapped = new Set(onnx?.flatMap(({ name, unmapped: reason }) => (reason === null ? [] : [name])));
  return new Map([...tensors].filter(([name]) => !unmapped.has(name)));
}

export function readableMatrices({ tensors }: UsedWeights): TensorEntry[] {
  return [...tensors.values()].filter(
    (entry) =>
      entry.shape.length === 2 &&
      entry.size > 0 &&
      isReadable(entry) &&
      tensorPlace(entry.name, { multimodal: true }).component !== 'vision',
  );
}

/** The output embedding; null in a tied model. */
export function ownHead(weights: UsedWeights): TensorEntry | null {
  if (weights.config.tie_word_embeddings === true) return null;
  const isHead = ({ name }: TensorEntry) => tensorPlace(name, { multimodal: false }).module === 'lm_head';
  return (
    readableMatrices(weights)
      .filter(isHead)
      .sort((a, b) => b.size - a.size)[0] ?? null
  );
}
