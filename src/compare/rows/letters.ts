import { z } from 'zod';
import { count } from './fields.ts';

export const LABEL_REASONS = [
  'binds',
  'above-chance',
  'does-not-follow-options',
  'constant-label',
  'not-above-chance',
] as const;

export const labelRowSchema = z.strictObject({
  suite: z.string(),
  /** Benchmark forms that ask for a label; without any, the twins that do. */
  items: count,
  /** Answers by label, the most frequent first. */
  baseline: z.array(z.strictObject({ label: z.string(), count })).nullable(),
  candidate: z.array(z.strictObject({ label: z.string(), count })),
  /** Pairs of benchmark form and permuted twin, as the baseline (without one, the candidate) answered them. */
  binding: z
    .strictObject({
      pairs: count,
      /** The same option was chosen, under another label. */
      followed: count,
      /** The same label was given, for another option. */
      kept: count,
      /** One-sided exact sign test for followed > kept. */
      p: z.number(),
    })
    .nullable(),
  /** If not, the text form stands in, and twins that ask for labels take no part. */
  works: z.boolean(),
  why: z.enum(LABEL_REASONS),
});
export type LabelRow = z.infer<typeof labelRowSchema>;

/** Permuted twins of a suite that are answered with the label that was right before. */
export const keptRowSchema = z.strictObject({
  suite: z.string(),
  items: count,
  baseline: count.nullable(),
  candidate: count,
  /** Share that guessing keeps. */
  chance: z.number(),
  /**
   * One-sided: more than the baseline kept (McNemar) and more than its own habit for labels explains (permutation);
   * adjusted for the number of suites.
   */
  p: z.number(),
  /** The baseline (without one: the candidate) against chance and its habit. */
  baselineP: z.number(),
});
export type KeptRow = z.infer<typeof keptRowSchema>;

/** A prompt, what would be right, and what both models answered. Null: not known, or not disclosed. */
const answeredSchema = z.strictObject({
  prompt: z.string().nullable(),
  right: z.string().nullable(),
  baseline: z.string().nullable(),
  candidate: z.string().nullable(),
});

/** A twin that the candidate has wrong although it has the benchmark form right. */
export const flipSchema = answeredSchema.extend({
  id: z.string(),
  capability: z.string(),
  /** The benchmark form, if the twin is answered with the letter that was right there: a kept letter. */
  beside: answeredSchema.optional(),
});
export type Flip = z.infer<typeof flipSchema>;
