import { measureQuantization, measureVocabularyRows } from '../measure/index.ts';
import type { MeasureOptions } from '../measure/options.ts';
import type { Quantization, VocabularyRows } from '../measure/schema/index.ts';
import type { Candidate } from './measure-candidate.ts';
import { areOtherArchitectures } from './other-architecture.ts';

export interface ComparedWeights {
  readonly quantization: Quantization | null;
  /** Null: there are no other weights to compare rows with. */
  readonly vocabularyRows: readonly VocabularyRows[] | null;
}

/** What needs the weights of two models: null unless both are here and spectra are requested. */
export async function compareWeights(
  candidate: Candidate,
  baseline: Candidate | null,
  { spectra, ...options }: MeasureOptions,
): Promise<ComparedWeights> {
  if (candidate.kind !== 'weights' || spectra === false) return { quantization: null, vocabularyRows: null };
  const { checkpoint, reference } = candidate;
  const approved = baseline?.kind === 'weights' && baseline.checkpoint.format !== 'lora' ? baseline.checkpoint : null;
  const quantization =
    approved && checkpoint.format !== 'lora' ? await measureQuantization(checkpoint, approved, options) : null;
  // Their rows have nothing in common, and `other-architecture` says so.
  if (baseline !== null && areOtherArchitectures(candidate, baseline)) return { quantization, vocabularyRows: null };
  const base = reference?.checkpoint ?? null;
  const against = approved
    ? ({ name: 'baseline', checkpoint: approved } as const)
    : base && ({ name: 'reference', checkpoint: base } as const);
  return {
    quantization,
    vocabularyRows: against && (await measureVocabularyRows({ checkpoint, base }, against, options)),
  };
}
