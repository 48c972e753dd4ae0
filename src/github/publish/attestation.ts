import { describeWriteFailure } from '../client/errors.ts';
import type { Octokit, Repository } from '../client/types.ts';

/** The address of an attestation, or one line that says why there is none. */
type StoredAttestation = { readonly url: string } | { readonly problem: string };

/**
 * Give GitHub a signed attestation, so that others find it by what it is about. Never throws.
 * @param bundle a Sigstore bundle, as JSON
 * @param repositoryUrl without a slash at the end
 */
export async function storeAttestation(
  octokit: Octokit,
  repository: Repository,
  { bundle, repositoryUrl }: { readonly bundle: object; readonly repositoryUrl: string },
): Promise<StoredAttestation> {
  try {
    const { data } = await octokit.rest.repos.createAttestation({ ...repository, bundle: { ...bundle } });
    return { url: `${repositoryUrl}/attestations/${data.id}` };
  } catch (error) {
    const { owner, repo } = repository;
    const missing = `GitHub has not stored it for ${owner}/${repo}`;
    return { problem: describeWriteFailure(error, { missing, permissions: 'attestations: write' }) };
  }
}
