import { z } from 'zod';
import { ofSchema } from '../../measure/schema/index.ts';

/** A finding in the flat form of report.json, without its level and its sentence. */
export const reasonSchema = z.strictObject({
  /** The rule or check: the metric of a policy rule, `spike`, `non-finite`, `rank-loss`, `invalid-comparison`, … */
  rule: z.string(),
  metric: z.string(),
  /** W or ΔW; null for neither, such as the probes or a missing baseline. */
  of: ofSchema.nullable(),
  /** A tensor's name, `model`, or `q_proj` (a module type). Foreign: escape it. */
  place: z.string(),
  candidate: z.union([z.number(), z.string()]).nullable(),
  baseline: z.union([z.number(), z.string()]).nullable(),
  /** The limits: {relative: 0.25}, {absolute: …}, {robustZ: 3.5}; null where there is none. */
  tolerance: z.record(z.string(), z.number()).nullable(),
});
export type Reason = z.infer<typeof reasonSchema>;

type Values = Partial<Omit<Reason, 'rule' | 'metric'>>;

const BLANK = { of: null, place: 'model', candidate: null, baseline: null, tolerance: null } as const;

export function flatForm(rule: string, metric: string, values: Values = {}): Reason {
  return { ...BLANK, ...values, rule, metric };
}

/** A change that is, or may be, beyond the limit of its rule. */
export function overLimit(
  rule: string,
  metric: string,
  { place = 'model', change, limit }: { readonly place?: string; readonly change: number; readonly limit: number },
): Reason {
  return flatForm(rule, metric, { place, candidate: change, tolerance: { absolute: limit } });
}

/** Candidate and baseline differ in something that a comparison needs. */
export function invalidComparison(metric: string, values: Values = {}): Reason {
  return flatForm('invalid-comparison', metric, values);
}
