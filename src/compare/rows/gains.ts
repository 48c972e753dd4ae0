import { TWIN_KINDS } from '@shadow-gate/probes/item';
import { z } from 'zod';
import { bothSchema, count, estimateSchema, unitCount } from './fields.ts';

/** A change of accuracy and its start, which turns the limit of transfer (log-odds) into accuracy. */
const formChangeSchema = estimateSchema.extend({
  start: z.strictObject({
    /** The baseline's share above chance, of `n` answers. */
    share: z.number(),
    n: count,
    /** Change of that share per change of accuracy: the mean of 1/(1 − chance) over the answers. */
    scale: z.number().positive(),
  }),
});
export type FormChange = z.infer<typeof formChangeSchema>;

/** Changes of both forms over the facts of a shadow delta, which is Δbenchmark − Δtwin, by capability. */
export const changeRowSchema = z.strictObject({
  suite: z.string(),
  kind: z.enum(TWIN_KINDS),
  /** The suite that the items of a group come from; null for other twins. */
  group: z.string().nullable(),
  /** Null: all of these facts. */
  capability: z.string().nullable(),
  facts: count,
  units: unitCount,
  benchmark: formChangeSchema,
  twin: formChangeSchema,
});
export type ChangeRow = z.infer<typeof changeRowSchema>;

/** Changes of the benchmark form and of one kind of twins, over the facts of a suite that have them. */
export const kindRowSchema = z.strictObject({
  suite: z.string(),
  kind: z.enum(TWIN_KINDS),
  /** Facts with twins of this kind; of a group, its items. */
  facts: count,
  units: unitCount,
  benchmark: bothSchema,
  twin: bothSchema,
  gap: bothSchema,
  delta: estimateSchema.nullable(),
  /** Δtwin ÷ Δbenchmark in chance-corrected log-odds; null where the benchmark form gained too little. */
  transfer: estimateSchema.nullable(),
  /** Whether it may decide about a gain, and if not, why. */
  role: z.enum(['decides', 'only-format', 'beside-stronger', 'labels-not-bound', 'too-few']),
  /** The suite that the items of a group come from; null for other twins. */
  group: z.string().nullable(),
});
export type KindRow = z.infer<typeof kindRowSchema>;

export const gainRowSchema = z.strictObject({ suite: z.string(), facts: count, gain: estimateSchema });

/** How much more likely benchmark questions became than their fresh or group twins. Information only. */
export const memorizationRowSchema = z.strictObject({
  suite: z.string(),
  facts: count,
  units: unitCount,
  /** Mean rise of log p per token over the baseline, in nats. */
  benchmark: z.number(),
  twin: z.number(),
  /** Share of facts (of pairs, for a group) in which the benchmark question rose more: 0.5 if nothing was memorized. */
  auc: z.number(),
  /** One-sided rank test over the set. */
  p: z.number(),
});
export type MemorizationRow = z.infer<typeof memorizationRowSchema>;
