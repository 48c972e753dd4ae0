import * as core from '@actions/core';
import { context } from '@actions/github';
import { type Artifacts, openArtifacts } from '../github/artifacts.ts';
import type { Octokit } from '../github/author.ts';
import { openClient } from '../github/client.ts';
import type { Options } from '../github/inputs.ts';

/** A client for GitHub; null without a token. */
export function clientOf({ token }: Options): Octokit | null {
  return token === '' ? null : openClient(token, { print: core.info });
}

export function artifactsOfRun({ token, temporary }: Options): Artifacts {
  return openArtifacts({ token, at: context.repo, temporary }, core.info);
}

/** Address of this run, for who wants to know more. */
export function runUrl(): string {
  const { runId, repo, serverUrl } = context;
  return `${serverUrl}/${repo.owner}/${repo.repo}/actions/runs/${runId}`;
}
