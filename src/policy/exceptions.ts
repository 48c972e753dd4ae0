import { z } from 'zod';
import { METRICS } from './metrics.ts';

/** Never damaged weights, refused or missing measurements, what could not be judged, or inputs the change touches. */
export const ACCEPTABLE_FINDINGS = [
  'stale-baseline',
  'calibrated-metric',
  'spike',
  'group-spike',
  'rank-loss',
  'zero-rows',
  'nothing-trained',
  'only-head-trained',
  'quantization-error',
  'vocabulary-rows',
  'changed-behavior',
  'logit-scale',
  'letters-memorized',
  'twin-accuracy',
  'accuracy-loss',
  'likelihood-loss',
  'text-likelihood',
  'shadow-delta',
  'benchmark-loss',
  'level-lost',
  'retention',
  'refusals-lost',
  'slice-loss',
  'two-key',
  'trend',
] as const;

/** The scope of an exception for every place. */
export const ANYWHERE = 'any';

export const exceptionSchema = z.strictObject({
  /** A kind; for a rule of the policy, the metric. */
  finding: z.enum(
    [...ACCEPTABLE_FINDINGS, ...METRICS],
    `is not a finding that can be excepted: ${ACCEPTABLE_FINDINGS.join(', ')}, or the metric of a rule`,
  ),
  /** `place` of the finding in report.json: `model`, a capability, a suite, a module type, a tensor. Or `any`. */
  scope: z.string().min(1),
  reason: z.string().min(1),
  /** Who accepts it. */
  who: z.string().min(1),
  /** The last day, in UTC. */
  until: z.iso.date('must be a day, such as 2027-01-15'),
});
export type PolicyException = z.infer<typeof exceptionSchema>;
