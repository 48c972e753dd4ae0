import type { Both } from '../../compare/probes/index.ts';

/** A number of the baseline and of the candidate: `27.0 → 100.0`. */
export function movementWords({ baseline, candidate }: Both, show: (value: number) => string): string {
  return baseline === null ? show(candidate) : `${show(baseline)}\u00a0→\u00a0${show(candidate)}`;
}
