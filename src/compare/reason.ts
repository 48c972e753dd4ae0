import { type Finding, findingTraits } from './finding.ts';
import type { Reason } from './findings/flat-form.ts';

/** The flat form of a finding. Pure. */
export function findingReason(finding: Finding): Reason {
  return findingTraits(finding.kind).reason(finding);
}

/** Every place that a finding is about: most are about one. */
export function findingPlaces(finding: Finding): readonly string[] {
  return findingTraits(finding.kind).places?.(finding) ?? [findingReason(finding).place];
}
