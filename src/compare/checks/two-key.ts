import type { Policy } from '../../policy/policy.ts';
import type { Reason } from '../finding.ts';

/** Warnings of the probes: a behavioural deficit that alone does not fail. */
const BEHAVIOUR = new Set(['shadow-delta', 'twin-accuracy', 'retention']);

/** The two-key rule: what either half only warns of fails when both do. */
export function turnTwoKeys(spectral: readonly Reason[], behavioural: readonly Reason[], policy: Policy): Reason[] {
  const concentrated = spectral.find(({ level, of }) => level === 'warn' && of !== null);
  const deficit = behavioural.find(({ level, rule }) => level === 'warn' && BEHAVIOUR.has(rule));
  if (!concentrated || !deficit) return [];
  return [
    {
      level: policy['two-key'].level,
      rule: 'two-key',
      metric: deficit.metric,
      of: null,
      place: 'model',
      candidate: null,
      baseline: null,
      tolerance: null,
      message: `spectra and probes warn together (${concentrated.rule} and ${deficit.rule}): a narrow update with a behavioural deficit`,
    },
  ];
}
