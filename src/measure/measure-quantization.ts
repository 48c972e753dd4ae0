import { fetchTensors, whileUnchanged } from '@shadow-gate/checkpoints';
import type { FullCheckpoint } from '@shadow-gate/checkpoints/formats';
import { listMatrices } from '@shadow-gate/checkpoints/matrices';
import { chooseDevice, type Device } from '@shadow-gate/checkpoints/onnx';
import { expansionMemory, isQuantized } from '@shadow-gate/checkpoints/tensors';
import { at, groupBy } from '@shadow-gate/platform';
import type { OnProgress } from '@shadow-gate/platform/progress';
import { type Matched, matchMatrices, matrixEnergies } from '@shadow-gate/spectra';
import { groupKey } from './aggregate.ts';
import { defaultMemoryLimit } from './measure-spectra.ts';
import type { MeasureSpectraOptions } from './options.ts';
import { roundNumber } from './round.ts';
import type { ModuleError, Quantization } from './schema/quantization.ts';

interface QuantizationOptions extends Pick<MeasureSpectraOptions, 'device' | 'memoryLimit'> {
  readonly onProgress?: OnProgress | undefined;
}

type Pair = Matched['pairs'][number];

/** Sums over the entries of one matrix. */
interface PairError {
  readonly pair: Pair;
  /** ‖W_q − W‖_F² and ‖W‖_F². */
  readonly energy: number;
  readonly original: number;
}

/**
 * The error of quantizing each matrix: how far the weights of a checkpoint are from another one's, which are
 * unquantized or in another format.
 * @returns null if no weight of the checkpoint is quantized, or only as in the other one
 */
export async function measureQuantization(
  checkpoint: FullCheckpoint,
  original: FullCheckpoint,
  { device = 'auto', memoryLimit = defaultMemoryLimit(), onProgress }: QuantizationOptions,
): Promise<Quantization | null> {
  const quantized = listMatrices(checkpoint).matrices.filter(({ source }) => isQuantized(source));
  if (quantized.length === 0) return null;
  const { pairs } = matchMatrices(quantized, original);
  const others = pairs.filter(({ matrix, original: { source } }) => matrix.source.dtype !== source.dtype);
  const fitting = others.filter(
    ({ matrix, original: { source } }) => expansionMemory(matrix.source) + expansionMemory(source) <= memoryLimit,
  );
  if (others.length === 0) return null;
  const sides = [
    { checkpoint, tensors: fitting.map(({ matrix: { source } }) => source) },
    { checkpoint: original, tensors: fitting.map(({ original: { source } }) => source) },
  ];
  for (const { checkpoint: side, tensors } of sides) await fetchTensors(side, tensors, onProgress);
  const on = await chooseDevice(device);
  const errors = await whileUnchanged(sides, () => errorsOf(fitting, on, onProgress));
  return summarize(errors, quantized.length - (pairs.length - others.length));
}

async function errorsOf(pairs: readonly Pair[], device: Device, onProgress?: OnProgress): Promise<PairError[]> {
  const errors: PairError[] = [];
  for (const [done, pair] of pairs.entries()) {
    const { matrix, original } = pair;
    onProgress?.({ phase: 'quantization', done, total: pairs.length, item: matrix.name });
    const sums = await matrixEnergies(matrix, { device, reference: original, wantRowEnergies: false });
    const { energy, referenceEnergy } = sums;
    if (Number.isFinite(energy) && referenceEnergy) errors.push({ pair, energy, original: referenceEnergy });
  }
  return errors;
}

/** @param all number of matrices that should have been compared */
function summarize(errors: readonly PairError[], all: number): Quantization | null {
  if (errors.length === 0) return null;
  const groups = groupBy(errors, ({ pair: { matrix } }) => groupKey({ of: 'weight', ...matrix.place }));
  return {
    formats: [...new Set(errors.map(({ pair }) => pair.matrix.source.dtype))].sort(),
    error: relativeError(errors),
    modules: [...groups.values()].map(moduleError).sort((a, b) => b.error - a.error),
    notCompared: all - errors.length,
  };
}

function moduleError(errors: readonly PairError[]): ModuleError {
  const { component, module } = at(errors, 0).pair.matrix.place;
  const own = errors.map((error) => ({ name: error.pair.matrix.name, error: relativeError([error]) }));
  const [largest = { name: '', error: 0 }] = own.sort((a, b) => b.error - a.error);
  return { component, module, matrices: errors.length, error: relativeError(errors), largest };
}

function relativeError(errors: readonly PairError[]): number {
  const total = (sum: (error: PairError) => number) => errors.reduce((all, error) => all + sum(error), 0);
  return roundNumber(Math.sqrt(total(({ energy }) => energy) / total(({ original }) => original)));
}
