import type { getOctokit } from '@actions/github';

export type Octokit = ReturnType<typeof getOctokit>;

export interface Repository {
  readonly owner: string;
  readonly repo: string;
}

export interface Commit extends Repository {
  readonly sha: string;
}

export interface PullRequest extends Repository {
  readonly number: number;
}
