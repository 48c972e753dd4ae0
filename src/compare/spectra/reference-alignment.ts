import { blockUpdates } from '../../measure/aggregate.ts';
import type { Measurement, TensorMeasurement } from '../../measure/schema/index.ts';

/** In standard errors. A strong direction of each decides most of a cosine, so its tails are long. */
const CHANCE = 4;

/**
 * Do the weights of the blocks point where those of the reference do? Their inner product follows from three norms that
 * are measured: ‖W − W₀‖² = ‖W‖² + ‖W₀‖² − 2⟨W, W₀⟩.
 *
 * Two matrices [m, n] whose singular vectors have nothing to do with each other have a cosine of mean 0 and variance
 * 1/(mn), whatever their singular values are: the squared inner products of independent directions average 1/m and 1/n.
 * @returns cosine: ⟨W, W₀⟩ / (‖W‖·‖W₀‖) over the matrices of the blocks, each weighted by the inverse of its standard
 *   error; chance: what another model may reach. Null if no matrix has all three norms
 */
export function alignmentWithReference({ tensors }: Pick<Measurement, 'tensors'>) {
  const weights = new Map(
    tensors.flatMap((tensor) => (tensor.of === 'weight' ? [[tensor.name, tensor] as const] : [])),
  );
  const cosines = blockUpdates(tensors).flatMap((update) => {
    const cosine = cosineOf(weights.get(update.name), update);
    const entries = update.shape.reduce((product, size) => product * size, 1);
    return cosine === null ? [] : [{ cosine, root: Math.sqrt(entries) }];
  });
  if (cosines.length === 0) return null;
  const total = cosines.reduce((sum, { root }) => sum + root, 0);
  return {
    cosine: cosines.reduce((sum, { cosine, root }) => sum + root * cosine, 0) / total,
    chance: (CHANCE * Math.sqrt(cosines.length)) / total,
  };
}

function cosineOf(weight: TensorMeasurement | undefined, update: TensorMeasurement): number | null {
  if (!weight?.metrics) return null;
  if (update.status === 'zero') return 1;
  const size = update.metrics?.updateSize ?? 0;
  if (update.metrics === null || size === 0) return null;
  const [own, moved] = [weight.metrics.frobeniusNorm, update.metrics.frobeniusNorm];
  const reference = moved / size;
  return Math.max(-1, Math.min(1, (own ** 2 + reference ** 2 - moved ** 2) / (2 * own * reference)));
}
