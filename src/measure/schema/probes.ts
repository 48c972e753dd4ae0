import { z } from 'zod';
import { FORMS } from '../../probes/item.ts';

const count = z.int().nonnegative();
const share = z.number().min(0).max(1);

/** One item and what the model made of it: all that a later comparison needs, without the suite. */
export const probeItemSchema = z.strictObject({
  suite: z.string(),
  id: z.string(),
  /** Id of the benchmark form. */
  fact: z.string(),
  capability: z.string(),
  family: z.string(),
  cluster: z.string(),
  form: z.enum(FORMS),
  prompt: z.string(),
  /** The right answer, and the one that was given. */
  right: z.string(),
  given: z.string(),
  correct: z.boolean(),
  chance: share,
  /** By how much the right answer led; see `Outcome`. */
  margin: z.number(),
  probability: share.nullable(),
  /** log p(choice | prompt) of every choice. */
  logprobs: z.array(z.number()).nullable(),
});
export type ProbeItemMeasurement = z.infer<typeof probeItemSchema>;

const suiteSchema = z.strictObject({
  name: z.string(),
  version: z.int().nullable(),
  /** Items of the same name and digest are the same. */
  digest: z.string(),
  seed: z.int().nullable(),
  /** All of the suite, asked or not. */
  items: count,
});

const measuredShape = z.strictObject({
  status: z.literal('measured'),
  suites: z.array(suiteSchema),
  /** Of all that was drawn. */
  seed: z.int(),
  chatTemplate: z.boolean(),
  /** Null: everything was asked. */
  budgetSeconds: z.number().nullable(),
  items: z.array(probeItemSchema),
  /** What is odd about the files that were asked. */
  notes: z.array(z.string()),
  /** Items that were not asked, such as those that are longer than the model. */
  leftOut: z.array(z.strictObject({ suite: z.string(), id: z.string(), reason: z.string() })),
});
export type MeasuredProbes = z.infer<typeof measuredShape>;

/** An item that counts twice, or of a suite whose digest nobody compares, would be judged like any other. */
export const measuredProbesSchema = measuredShape.superRefine(({ suites, items }, context) => {
  const names = new Set(suites.map(({ name }) => name));
  const seen = new Set<string>();
  for (const [index, { suite, id }] of items.entries()) {
    const key = JSON.stringify([suite, id]);
    const problem = !names.has(suite) ? 'its suite is not among the suites' : seen.has(key) ? 'is there twice' : null;
    seen.add(key);
    if (problem === null) continue;
    context.addIssue({ code: 'custom', path: ['items', index], message: problem });
    return;
  }
});

export const probesSchema = z.discriminatedUnion('status', [
  measuredProbesSchema,
  /** The checkpoint cannot be asked, and why. */
  z.strictObject({ status: z.literal('notRun'), reason: z.string() }),
]);
export type Probes = z.infer<typeof probesSchema>;
