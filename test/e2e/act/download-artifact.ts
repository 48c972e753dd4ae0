// Stands in for actions/download-artifact, which no package registry has: the same toolkit, for one artifact of another
// run.
import { DefaultArtifactClient } from '@actions/artifact';
import { getInput } from '@actions/core';

const [repositoryOwner = '', repositoryName = ''] = (process.env.GITHUB_REPOSITORY ?? '').split('/');
const findBy = {
  token: getInput('github-token', { required: true }),
  workflowRunId: Number(getInput('run-id', { required: true })),
  ...{ repositoryOwner, repositoryName },
};
const client = new DefaultArtifactClient();
const { artifact } = await client.getArtifact(getInput('name', { required: true }), { findBy });
await client.downloadArtifact(artifact.id, { findBy, path: getInput('path', { required: true }) });
