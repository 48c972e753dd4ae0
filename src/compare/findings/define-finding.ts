import { z } from 'zod';
import { exceptionSchema } from '../../policy/exceptions.ts';
import { SEVERITY } from '../rows/fields.ts';
import type { Reason } from './flat-form.ts';
import type { Rank } from './rank.ts';

/** An exception of the policy, as it applies to a finding. */
const acceptedSchema = exceptionSchema.pick({ reason: true, who: true, until: true }).extend({
  /** The level of the finding without it, which is its level again once the exception has expired. */
  level: z.enum(SEVERITY),
  /** From the day of the check to the last one of the exception: 0 on that day, negative once it has expired. */
  daysLeft: z.int(),
});

/** What is known of a kind of finding, apart from its fields. */
export interface FindingTraits<F> {
  /** Absent: `other`. */
  readonly rank?: Rank;
  /** What a model can no longer do, or gained in name only: it turns the behavioral one of the two keys. */
  readonly isDeficit?: true;
  /** It only says that little was asked. A pass that is settled early bounds the harm anyway. */
  readonly isOfFew?: true;
  /** It is about a gain. One on a part of the facts, and none on the others, is not what a full run would see. */
  readonly isOfGain?: true;
  /** Its rule needs more than harm: a level that is not reached, answers that are not known. */
  readonly needsMoreThanHarm?: true;
  /** It cannot be answered, or all of its answers are in the first block: what else is asked changes nothing. */
  readonly isFinal?: true;
  // Methods: their parameters may be narrower in an entry of the list than in a caller, which has a finding of any
  // kind.
  /** The flat form that report.json has. */
  reason(finding: F): Reason;
  /** Every place that it is about, where these are more than the one of its flat form. */
  places?(finding: F): readonly string[];
}

/** A kind of finding: its fields, in the order of report.json, and its traits. `compare/finding.ts` lists all. */
export function defineFinding<const K extends string, S extends z.ZodRawShape>(
  kind: K,
  { fields, ...traits }: { readonly fields: S } & FindingTraits<z.infer<ReturnType<typeof strictSchema<K, S>>>>,
) {
  return { kind, schema: strictSchema(kind, fields), ...traits };
}

function strictSchema<K extends string, S extends z.ZodRawShape>(kind: K, fields: S) {
  return z.strictObject({
    kind: z.literal(kind),
    level: z.enum(SEVERITY),
    ...fields,
    /** The exception of the policy for it, in effect or expired; absent for others. */
    exception: acceptedSchema.optional(),
  });
}
