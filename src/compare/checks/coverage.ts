import type { SkipCause } from '@shadow-gate/checkpoints/matrices';
import type { Measurement } from '../../measure/schema/index.ts';
import { requiredSuites } from '../../policy/suite-tier.ts';
import type { ComparisonContext } from '../check.ts';
import type { Finding } from '../finding.ts';
import { suiteLevel } from '../pairing/pool.ts';

export function nothingMeasuredCheck({ candidate, comparability }: ComparisonContext): Finding[] {
  const { method, probes, benchmarks, tensors, skipped } = candidate;
  if (method === null) {
    // If the architectures differ, nothing is measured on purpose, and that finding is as grave.
    const isOther = comparability.findings.some(({ kind }) => kind === 'other-architecture');
    const isEmpty = probes === null && benchmarks === null && !isOther;
    return isEmpty ? [{ kind: 'nothing-measured', level: 'inconclusive' }] : [];
  }
  if (tensors.length === 0) return [{ kind: 'all-skipped', level: 'inconclusive' }];
  const sizes = skipped.flatMap(({ parameters }) => parameters ?? []);
  // Version 0.2.0 did not write the sizes of what it skipped.
  if (sizes.length === 0) {
    const [lacking, measured] = [skipped.length, tensors.length];
    return lacking <= measured ? [] : [{ ...MOSTLY_SKIPPED, skipped: lacking, measured }];
  }
  const left = sizes.reduce((sum, size) => sum + size, 0);
  const measured = sizeOfMeasured(tensors);
  return left <= measured ? [] : [{ ...MOSTLY_SKIPPED, unit: 'parameters', skipped: left, measured }];
}

const MOSTLY_SKIPPED = { kind: 'mostly-skipped', level: 'inconclusive' } as const;

/** A matrix with both W and ΔW counts once. */
function sizeOfMeasured(tensors: Measurement['tensors']): number {
  const sizes = new Map(tensors.map(({ name, shape }) => [name, shape.reduce((product, size) => product * size, 1)]));
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

/** A half of the gate that only the baseline has: a pass only if the caller or the policy left it out. */
export function missingHalfCheck({ candidate, baseline, only, policy }: ComparisonContext): Finding[] {
  if (!baseline) return [];
  const lacksProbes = candidate.probes === null && candidate.method !== null && baseline.probes !== null;
  const lacksSpectra = candidate.method === null && candidate.probes !== null && baseline.method !== null;
  if (!lacksProbes && !lacksSpectra) return [];
  // Then required suites are missing, and named.
  const isSaid = only !== 'spectra' && requiredSuites(policy).some((file) => suiteLevel(file, policy) === 'fail');
  if (lacksProbes && isSaid) return [];
  const half = lacksProbes ? 'spectra' : 'probes';
  const isRequested = only === half || (lacksProbes && policy.probes.length === 0);
  return [{ kind: 'one-half-only', level: isRequested ? 'info' : 'inconclusive', half }];
}

/** Nothing proves which weights a server has: the finding says what was declared. */
export function withoutWeightsCheck({ candidate, baseline }: ComparisonContext): Finding[] {
  const sides = [['candidate', candidate] as const, ['baseline', baseline] as const];
  return sides.flatMap(([side, measurement]): Finding[] => {
    const { served, behavior } = measurement ?? {};
    if (!served) return [];
    const { model, root, version, revision, fingerprint, hub } = served;
    const said = { model, root, version, revision, hasFingerprint: fingerprint !== null };
    if (!hub) return [{ kind: 'no-weights', level: 'info', side, ...said }];
    const { checkpoint, listing, base } = hub;
    const declared = { checkpoint, listing, base: base?.checkpoint ?? null, hasFiles: (behavior ?? null) !== null };
    return [{ kind: 'no-weights', level: 'info', side, ...said, hub: declared }];
  });
}

/** A server answered for a checkpoint whose weights were measured: nothing proves that it runs them. */
export function answeredByServerCheck({ candidate, baseline }: ComparisonContext): Finding[] {
  const sides = [['candidate', candidate.answeredBy] as const, ['baseline', baseline?.answeredBy] as const];
  return sides.flatMap(([side, answeredBy]): Finding[] => {
    if (!answeredBy) return [];
    const { model, root, version, revision, fingerprint, hub } = answeredBy;
    const said = { model, root, version, revision, hasFingerprint: fingerprint !== null };
    return [{ kind: 'answered-by-server', level: 'info', side, ...said, hub: hub?.checkpoint ?? null }];
  });
}

/** Fixed prompts agree to three decimals: an adapter was not loaded, or a training did nothing. */
export function sameAnswersCheck({ candidate, baseline, policy }: ComparisonContext): Finding[] {
  const [ours, theirs] = [candidate.served, baseline?.served];
  if (!ours || !theirs || ours.fingerprint === null || ours.fingerprint !== theirs.fingerprint) return [];
  // A scheduled check repeats the approved checkpoint.
  const isRepeated = ours.hub !== undefined && ours.hub.listing === theirs.hub?.listing;
  const level = isRepeated ? 'info' : policy['nothing-trained'].level;
  return [{ kind: 'same-answers', level, candidate: ours.model, baseline: theirs.model, by: 'server' }];
}

const NAMED = 3;

/** A program may load other formats next to the weights instead of what was measured. */
export function unreadFilesCheck({ candidate: { unread = [] } }: ComparisonContext): Finding[] {
  if (unread.length === 0) return [];
  const named = unread.slice(0, NAMED).map(({ name, what }) => ({ name, what }));
  const runningCode = unread.filter(({ runsCode }) => runsCode).length;
  return [{ kind: 'unread-files', level: 'info', named, files: unread.length, runningCode }];
}

/** Tensors that no machine measures are a remark; those that this machine had no memory for could have been judged. */
export function skippedTensorsCheck({ candidate: { skipped } }: ComparisonContext): Finding[] {
  const because = (wanted: SkipCause | undefined) => skipped.filter(({ cause }) => cause === wanted);
  const levels = [
    { level: 'inconclusive', tensors: because('not-enough-memory') },
    // Integers under the name of a weight: no training makes them, and no finding compares them.
    { level: 'warn', tensors: because('unexpected-dtype') },
    { level: 'info', tensors: because(undefined) },
  ] as const;
  return levels.flatMap(({ level, tensors }): Finding[] => {
    if (tensors.length === 0) return [];
    const named = tensors.slice(0, NAMED).map(({ name, reason }) => ({ name, reason }));
    return [{ kind: 'skipped', level, named, tensors: tensors.length }];
  });
}
