import type { CheckOptions, JudgedBy, ProbesChoice, WeightsChoice } from '../../src/gate/check.ts';
import type { NamedModel } from '../../src/gate/measure-candidate.ts';

/** The options of a check in one object. */
export interface FlatOptions
  extends NamedModel,
    Omit<JudgedBy, 'today'>,
    WeightsChoice,
    ProbesChoice,
    Pick<CheckOptions, 'store' | 'passesInconclusive' | 'onProgress'> {
  /** Every probe, and all spectra in full. */
  readonly all?: boolean | undefined;
}

export function checkOptions(flat: FlatOptions): CheckOptions {
  const { checkpoint, endpoint, revision, reference, adapter } = flat;
  const { baseline, baselineEndpoint, policy, calibration, changes, only } = flat;
  const { device, method, memoryLimit, spectrumStore, all } = flat;
  const { seed, orderSeed, budgetSeconds, chatTemplate, store, passesInconclusive, onProgress } = flat;
  return {
    model: { checkpoint, endpoint, revision, reference, adapter },
    judge: { baseline, baselineEndpoint, policy, calibration, changes, only, today: new Date() },
    weights: { device, method, memoryLimit, spectrumStore, all },
    probes: { seed, orderSeed, budgetSeconds, chatTemplate, all },
    store,
    passesInconclusive,
    onProgress,
  };
}
