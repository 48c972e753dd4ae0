import type { ComparisonContext } from '../context.ts';
import type { Finding } from '../finding.ts';

/** Was enough measured to judge anything? */
export function nothingMeasured({ candidate: { method, probes, tensors, skipped } }: ComparisonContext): Finding[] {
  if (method === null) return probes === null ? [{ kind: 'nothing-measured', level: 'inconclusive' }] : [];
  if (tensors.length === 0) return [{ kind: 'all-skipped', level: 'inconclusive' }];
  if (skipped.length <= tensors.length) return [];
  return [{ kind: 'mostly-skipped', level: 'inconclusive', skipped: skipped.length, measured: tensors.length }];
}

/**
 * A half of the gate that the baseline has and the candidate does not. That is a request if the caller made it, and if the
 * policy lists no probes. Otherwise the candidate is judged by less than it could be, which is not a pass.
 */
export function missingHalf({ candidate, baseline, only, policy }: ComparisonContext): Finding[] {
  if (!baseline) return [];
  const lacksProbes = candidate.probes === null && candidate.method !== null && baseline.probes !== null;
  const lacksSpectra = candidate.method === null && candidate.probes !== null && baseline.method !== null;
  if (!lacksProbes && !lacksSpectra) return [];
  const half = lacksProbes ? 'spectra' : 'probes';
  const isRequested = only === half || (lacksProbes && policy.probes.length === 0);
  return [{ kind: 'one-half-only', level: isRequested ? 'info' : 'inconclusive', half }];
}

/** Tensors that a finding names; the report lists all. */
const NAMED = 3;

/**
 * Tensors without a measurement are named where the verdict is read. Those that no machine measures are a remark; what this
 * machine had no memory for could have been judged.
 */
export function skippedTensors({ candidate: { skipped } }: ComparisonContext): Finding[] {
  const isOfMachine = ({ cause }: (typeof skipped)[number]) => cause === 'not-enough-memory';
  const levels = [
    { level: 'inconclusive', tensors: skipped.filter(isOfMachine) },
    { level: 'info', tensors: skipped.filter((tensor) => !isOfMachine(tensor)) },
  ] as const;
  return levels.flatMap(({ level, tensors }): Finding[] => {
    if (tensors.length === 0) return [];
    const named = tensors.slice(0, NAMED).map(({ name, reason }) => ({ name, reason }));
    return [{ kind: 'skipped', level, named, tensors: tensors.length }];
  });
}
