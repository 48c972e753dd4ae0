import { describeWriteFailure } from '../client/errors.ts';
import type { Octokit, Repository } from '../client/types.ts';

/** Store a signed attestation on GitHub, where others find it by its subject. Never throws. */
export async function storeAttestation(
  octokit: Octokit,
  repository: Repository,
  { bundle, repositoryUrl }: { readonly bundle: object; readonly repositoryUrl: string },
): Promise<{ readonly url: string } | { readonly problem: string }> {
  try {
    const { data } = await octokit.rest.repos.createAttestation({ ...repository, bundle: { ...bundle } });
    return { url: `${repositoryUrl}/attestations/${data.id}` };
  } catch (error) {
    const { owner, repo } = repository;
    const missing = `GitHub has not stored it for ${owner}/${repo}`;
    return { problem: describeWriteFailure(error, { missing, permissions: 'attestations: write' }) };
  }
}
