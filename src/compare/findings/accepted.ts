import { z } from 'zod';
import { exceptionSchema } from '../../policy/exceptions.ts';
import { SEVERITY } from '../rows/severity.ts';

/** An exception of the policy, as it applies to a finding. */
export const acceptedSchema = exceptionSchema.pick({ reason: true, who: true, until: true }).extend({
  /** The level of the finding without it, which is its level again once the exception has expired. */
  level: z.enum(SEVERITY),
  /** From the day of the check to the last one of the exception: 0 on that day, negative once it has expired. */
  daysLeft: z.int(),
});
