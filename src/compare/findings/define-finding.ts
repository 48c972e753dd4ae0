import { z } from 'zod';
import { exceptionSchema } from '../../policy/exceptions.ts';
import { SEVERITY } from '../rows/fields.ts';
import type { Reason } from './flat-form.ts';
import type { Rank } from './rank.ts';

/** An exception of the policy, as it applies to a finding. */
const acceptedSchema = exceptionSchema.pick({ reason: true, who: true, until: true }).extend({
  /** The level of the finding without it, and once it has expired. */
  level: z.enum(SEVERITY),
  /** 0 on the last day of the exception, negative once it has expired. */
  daysLeft: z.int(),
});

export interface FindingTraits<F> {
  /** Absent: `other`. */
  readonly rank?: Rank;
  /** A lost ability, or a gain in name only: turns the behavioral one of the two keys. */
  readonly isDeficit?: true;
  /** Only says that little was asked: a pass that is settled early bounds the harm anyway. */
  readonly isOfFew?: true;
  /** About a gain: one on a part of the facts is not what a full run would see. */
  readonly isOfGain?: true;
  /** Its rule needs more than harm: a level that is not reached, answers that are not known. */
  readonly needsMoreThanHarm?: true;
  /** More answers change nothing: it has none, or all of them are in the first block. */
  readonly isFinal?: true;
  // Methods, since their parameters may be narrower in the list than in a caller, which has a finding of any kind.
  reason(finding: F): Reason;
  /** Absent: only the place of the flat form. */
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
    /** In effect or expired. */
    exception: acceptedSchema.optional(),
  });
}
