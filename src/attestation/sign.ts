import { UserError } from '@shadow-gate/platform';
import type { SerializedBundle } from '@sigstore/bundle';
import { PREDICATE_TYPE, type VerdictStatement } from './statement.ts';

export type { SerializedBundle } from '@sigstore/bundle';

/**
 * Sign a statement as the workflow that this process is a step of (Sigstore: a certificate of a few minutes for the
 * identity that GitHub gives the job). It is not stored anywhere but, of a public repository, in Sigstore's public log.
 * @param isPublic whether the repository is public: others are signed by GitHub's own authority, and in no public log
 * @throws UserError if the job has no identity, or the authority does not answer
 */
export async function signStatement(
  { subject, predicate }: VerdictStatement,
  { isPublic }: { readonly isPublic: boolean },
): Promise<SerializedBundle> {
  // Many packages, which only a run that attests needs.
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
  // The message would have the token.
  if (code.startsWith('IDENTITY_TOKEN')) return 'GitHub gave the job no identity token';
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}
