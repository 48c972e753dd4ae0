import { z } from 'zod';

/** How much a reason weighs, the worst first. */
export const SEVERITY = ['fail', 'inconclusive', 'warn', 'info'] as const;

/** Why the verdict is what it is: one line a person can check. `info` reasons explain and never change the verdict. */
export const reasonSchema = z.strictObject({
  level: z.enum(SEVERITY),
  /** Which rule or check spoke: `mlpAttentionRatio`, `spike`, `non-finite`, `rank-loss`, `invalid-comparison`, … */
  rule: z.string(),
  metric: z.string(),
  /** Of W or of ΔW; null for what is neither, such as the probes or a missing baseline. */
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

/**
 * Rules that say what the probes could not show. They keep a verdict from `pass`, and they take nothing from a warning
 * that something else gave, as a comparison that means nothing does.
 */
const SILENT_RULES = new Set(['not-informative', 'probes-not-run', 'twin-accuracy-unclear']);

export function isSilence({ level, rule }: Reason): boolean {
  return level === 'inconclusive' && SILENT_RULES.has(rule);
}

/** A comparison that means nothing, and what differs. */
export function invalid(
  metric: string,
  of: Reason['of'],
  place: string,
  candidate: string | null,
  baseline: string | null,
  message: string,
): Reason {
  return {
    level: 'inconclusive',
    rule: 'invalid-comparison',
    metric,
    of,
    place,
    candidate,
    baseline,
    tolerance: null,
    message,
  };
}
