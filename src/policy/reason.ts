import { z } from 'zod';

/** How much a reason weighs, the worst first. */
export const SEVERITY = ['fail', 'inconclusive', 'warn', 'info'] as const;

/** Why the verdict is what it is: one line a person can check. `info` reasons explain and never change the verdict. */
export const reasonSchema = z.strictObject({
  level: z.enum(SEVERITY),
  /** Which rule or check spoke: `mlpAttentionRatio`, `spike`, `non-finite`, `rank-loss`, `invalid-comparison`, … */
  rule: z.string(),
  metric: z.string(),
  /** Of W or of ΔW; null for what is neither, such as a missing baseline. */
  of: z.enum(['weight', 'delta']).nullable(),
  /** A tensor's name, or `model`, or `q_proj` (a module type). Comes from a checkpoint: escape it. */
  place: z.string(),
  candidate: z.union([z.number(), z.string()]).nullable(),
  baseline: z.union([z.number(), z.string()]).nullable(),
  /** What was allowed: {relative: 0.08}, {absolute: …}, {robustZ: 3.5}; null where nothing is tolerated. */
  tolerance: z.record(z.string(), z.number()).nullable(),
  message: z.string(),
});
export type Reason = z.infer<typeof reasonSchema>;
