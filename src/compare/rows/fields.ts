import { z } from 'zod';

/** The worst first. */
export const SEVERITY = ['fail', 'inconclusive', 'warn', 'info'] as const;
export type Level = (typeof SEVERITY)[number];

export const VERDICTS = ['pass', 'warn', 'fail', 'inconclusive'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Strings from checkpoints, probe files and paths: escape them where they are shown. */
export const foreign = z.string();
export const count = z.int().nonnegative();
export const side = z.enum(['candidate', 'baseline']);

export const scopeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('model') }),
  /** A module type, with its component in a multimodal model: `vision q_proj`. */
  z.strictObject({ kind: z.literal('modules'), name: foreign }),
  z.strictObject({ kind: z.literal('tensor'), name: foreign }),
]);
export type Scope = z.infer<typeof scopeSchema>;

export function scopePlace(scope: Scope): string {
  return scope.kind === 'model' ? 'model' : scope.name;
}

/** The units of a row, such as passages: see `pairing/sample.ts`. Absent if each fact is its own unit. */
export const unitCount = count.optional();

/** One number of two measurements; null: there is no baseline. */
export const bothSchema = z.strictObject({ baseline: z.number().nullable(), candidate: z.number() });
export type Both = z.infer<typeof bothSchema>;

/** A number and its confidence interval. A bound of null: unbounded on that side. */
export const estimateSchema = z.strictObject({
  value: z.number(),
  lower: z.number().nullable(),
  upper: z.number().nullable(),
});
export type Estimate = z.infer<typeof estimateSchema>;
