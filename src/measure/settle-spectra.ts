import type { Checkpoint } from '@shadow-gate/checkpoints';
import type { FullCheckpoint } from '@shadow-gate/checkpoints/formats';
import { isScreened, methodOfAll, summarize, tensorKey } from './aggregate.ts';
import { completeSpectra, measureSpectra, type SpectraMeasurement } from './measure-spectra.ts';
import type { CompletedSpectrum, MeasureSpectraOptions } from './options.ts';
import type { Measurement } from './schema/measurement.ts';

/** Spectra whose screens leave nothing open. */
interface SettledSpectra extends SpectraMeasurement {
  /** Screened matrices that needed their full spectra; null if nothing is screened. */
  readonly completed: readonly CompletedSpectrum[] | null;
}

/**
 * The spectra of a checkpoint. With `screening`, those of large matrices are bounds from a few products first, and are
 * computed in full until nothing depends on what such bounds leave open.
 * @param draftOf a measurement with these spectra, for `screening` to judge
 * @throws UserError for anything that the user can fix
 */
export async function measureSettled(
  checkpoint: Checkpoint,
  reference: FullCheckpoint | null,
  options: MeasureSpectraOptions,
  draftOf: (spectra: SpectraMeasurement) => Promise<Measurement>,
): Promise<SettledSpectra> {
  let spectra = await measureSpectra(checkpoint, reference, options);
  const { screening } = options;
  if (screening === undefined) return { ...spectra, completed: null };
  const completed: CompletedSpectrum[] = [];
  while (spectra.tensors.some(isScreened)) {
    const screened = new Set(spectra.tensors.filter(isScreened).map(tensorKey));
    const wanted = screening.undecided(await draftOf(spectra)).filter((matrix) => screened.has(tensorKey(matrix)));
    // Several rules may read one matrix: the first one is named.
    const open = new Map(wanted.map((matrix) => [tensorKey(matrix), matrix] as const).reverse());
    if (open.size === 0) break;
    spectra = await completeSpectra(spectra, new Set(open.keys()), { checkpoint, reference }, options);
    const left = spectra.tensors.find((tensor) => isScreened(tensor) && open.has(tensorKey(tensor)));
    if (left) throw new Error(`${left.name} (${left.of}) has no full spectrum`);
    completed.push(...[...open.values()].reverse());
  }
  return { ...spectra, completed: completed.length > 0 || spectra.tensors.some(isScreened) ? completed : null };
}

/** The spectra in a measurement. A shard has no summaries: they are made when shards are merged. */
export function describeSpectra(spectra: SpectraMeasurement | null, { isWhole }: { readonly isWhole: boolean }) {
  const tensors = spectra?.tensors ?? [];
  return {
    method: spectra && methodOfAll(tensors),
    ...summarize(isWhole ? tensors : []),
    tensors: [...tensors],
    vectors: [...(spectra?.vectors ?? [])],
    nonFinite: spectra?.nonFinite ?? [],
    skipped: spectra?.skipped ?? [],
    mismatched: spectra?.mismatched ?? [],
  };
}
