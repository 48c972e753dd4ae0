import { UserError } from '@shadow-gate/platform';
import type { SerializedBundle } from '@sigstore/bundle';
import { PREDICATE_TYPE, type VerdictStatement } from './statement.ts';

export type { SerializedBundle } from '@sigstore/bundle';

/**
 * Sign with the job's identity (Sigstore: a certificate of a few minutes).
 * @param isPublic of the repository: Sigstore's public log stores the statement; else GitHub's own authority signs
 * @throws UserError if the job has no identity, or the authority does not answer
 */
export async function signStatement(
  { subject, predicate }: VerdictStatement,
  { isPublic }: { readonly isPublic: boolean },
): Promise<SerializedBundle> {
  // It has many dependencies that other runs do not need.
  const { attest } = await import('@actions/attest');
  try {
    const { bundle } = await attest({
      subjects: subject.map(({ name, digest }) => ({ name, digest })),
      predicateType: PREDICATE_TYPE,
      predicate,
      sigstore: isPublic ? 'public-good' : 'github',
      token: '',
      skipWrite: true,
    });
    return bundle;
  } catch (error) {
    throw new UserError(`it could not be signed (${reasonOf(error)})`, 'run it again later');
  }
}

function reasonOf(error: unknown): string {
  const { code = '', message, cause } = error as Error & { code?: string };
  // The message may contain the token.
  if (code.startsWith('IDENTITY_TOKEN')) return 'GitHub gave the job no identity token';
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}
