import type { Policy } from '../../policy/policy.ts';
import type { Finding, FindingKind } from '../finding.ts';
import { reasonOf } from '../reason.ts';

/** Behavioral deficits that alone may only warn. */
const DEFICITS: ReadonlySet<FindingKind> = new Set(['letters-memorized', 'shadow-delta', 'twin-accuracy', 'retention']);

/** The two-key rule: a warning of the spectra and one of the probes fail together. */
export function twoKey(spectral: readonly Finding[], behavioral: readonly Finding[], policy: Policy): Finding[] {
  const concentrated = spectral.find((finding) => finding.level === 'warn' && reasonOf(finding).of !== null);
  const deficit = behavioral.find(({ level, kind }) => level === 'warn' && DEFICITS.has(kind));
  if (!concentrated || !deficit) return [];
  const { rule, metric } = reasonOf(deficit);
  return [
    {
      kind: 'two-key',
      level: policy['two-key'].level,
      spectral: reasonOf(concentrated).rule,
      behavioral: rule,
      metric,
    },
  ];
}
