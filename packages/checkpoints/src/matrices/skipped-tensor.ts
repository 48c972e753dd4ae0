import type { ModuleType } from '../naming/module-type.ts';
import { tensorPlace } from '../naming/place.ts';
import { isFloatingPoint } from '../tensors/dtype.ts';
import type { TensorEntry } from '../tensors/tensor-entry.ts';
import { isReadable } from '../tensors/tensor-value.ts';
import type { Skipped } from './matrix.ts';

/** Why a tensor of weights cannot be measured as it is stored; null if it can. */
export function whyUnreadable(entry: TensorEntry): string | null {
  const { dtype, size, shape } = entry;
  if (!isReadable(entry)) return `dtype ${dtype} is not measured`;
  return size === 0 ? `empty: shape [${shape.slice(0, SHOWN_DIMENSIONS).join(', ')}]` : null;
}

const SHOWN_DIMENSIONS = 8;

export function skippedWeight({ name, dtype, size }: TensorEntry, reason: string): Skipped {
  if (isFloatingPoint(dtype)) return { name, reason, dtype, parameters: size };
  // Position ids, counters, indices and masks are integers or booleans in every model, but have other names.
  const isOfWeight = () => !BY_PARENT.includes(tensorPlace(name, { multimodal: false }).module);
  if (size > 1 && (/(^|\.)(weight|kernel)$/.test(name) || isOfWeight())) {
    return { name, reason: unexpectedDtype(dtype), dtype, parameters: size, cause: 'unexpected-dtype' };
  }
  return { name, reason, dtype, parameters: 0 };
}

export function unexpectedDtype(dtype: string): string {
  return `dtype ${dtype}, which no trained weight has`;
}

/** A buffer, or a weight that is stored twice: it has no trained parameters of its own. */
export function skippedBuffer({ name, dtype }: TensorEntry, reason: string): Skipped {
  return { name, reason, dtype, parameters: 0 };
}

/** Types that a tensor has by its module alone. */
const BY_PARENT: readonly ModuleType[] = ['projector', 'indexer', 'residual_mix', 'other'];
