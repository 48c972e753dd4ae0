import { z } from 'zod';

/**
 * The signature next to the weights (`model.sig`), compared with the files: see `checkSignature` of the checkpoints.
 */
export const signatureSchema = z.strictObject({
  /** How many files it lists. */
  files: z.int().nonnegative(),
  /** Files that are not what was signed; or the signature itself, if it cannot be read. */
  faults: z.array(
    z.strictObject({
      name: z.string(),
      fault: z.enum(['changed', 'missing', 'unsigned', 'unreadable', 'other-form']),
    }),
  ),
  /** Digest of the public key of the policy, if it signed; null: no key was given, or another one signed. */
  key: z.string().nullable(),
});
