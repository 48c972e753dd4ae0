import * as core from '@actions/core';
import { context } from '@actions/github';
import type { Octokit } from '../github/client/author.ts';
import { openClient } from '../github/client/client.ts';
import { type Artifacts, openArtifacts } from '../github/storage/artifacts.ts';
import type { Options } from './inputs.ts';

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
