import { examineModel } from '@shadow-gate/language-model';
import { UserError } from '@shadow-gate/platform';
import { differingKeys } from '../compare/index.ts';
import { modelArchitecture } from '../measure/index.ts';
import type { MeasureOptions } from '../measure/options.ts';
import type { Measurement } from '../measure/schema/index.ts';
import type { ProbePolicy } from '../policy/probe-policy.ts';
import { requiredSuites } from '../policy/suite-tier.ts';
import type { Candidate } from './measure-candidate.ts';

/**
 * Do the configs alone say that candidate and baseline are two models, so that nothing is compared? False if something
 * could fail the candidate whatever its baseline is: a model that cannot be run, and required suites.
 */
export async function isOtherModel(
  candidate: Candidate,
  baseline: Candidate | Measurement | null,
  { probes, policy }: Pick<MeasureOptions, 'probes'> & { readonly policy: ProbePolicy },
): Promise<boolean> {
  if (candidate.kind !== 'weights' || baseline === null || requiredSuites(policy).length > 0) return false;
  if (!areOtherArchitectures(candidate, baseline)) return false;
  return !probes || candidate.endpoint !== undefined || canBeRun(candidate);
}

/** Do both configs say so? */
export function areOtherArchitectures(candidate: Candidate, baseline: Candidate | Measurement): boolean {
  const theirs = 'kind' in baseline ? architectureIn(baseline) : baseline.architecture;
  const ours = architectureIn(candidate);
  return ours !== null && theirs !== null && differingKeys(ours, theirs).length > 0;
}

function architectureIn(model: Candidate): Measurement['architecture'] | null {
  return model.kind === 'weights' ? modelArchitecture(model.checkpoint, model.reference?.checkpoint ?? null) : null;
}

async function canBeRun({ checkpoint, reference }: Extract<Candidate, { kind: 'weights' }>): Promise<boolean> {
  try {
    await examineModel({ checkpoint, reference: reference?.checkpoint ?? null });
    return true;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}
