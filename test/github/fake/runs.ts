import type { Artifact } from '../../e2e/results/artifacts.ts';
import type { FakeGithub } from '../fake-github.ts';
import { NOT_FOUND, pageOf, type Route, refusal } from './http.ts';
import { HEAD_SHA, REPOSITORY_ID } from './repository.ts';

/** A run of a workflow. By default it is a finished run of this repository's own workflow. */
export interface StoredRun {
  readonly id: number;
  readonly event: string;
  readonly conclusion: string | null;
  readonly head_branch: string;
  readonly run_attempt?: number;
  readonly status?: string;
  readonly head_sha?: string;
  /** The workflow's file. */
  readonly path?: string;
  /** Null for a fork that has been deleted. */
  readonly head_repository?: { readonly id: number } | null;
  readonly created_at?: string;
}

/** Runs, and what they have left in the results service: artifacts and caches. */
export function runRoutes(github: FakeGithub): readonly Route[] {
  const run = (id: string) => github.runs.map(wholeRun).find((candidate) => String(candidate.id) === id);
  const artifacts = (url: URL, of: (artifact: Artifact) => boolean) => {
    const name = url.searchParams.get('name');
    const found = (github.results?.artifacts.visible ?? []).filter(
      (artifact) => of(artifact) && (name === null || artifact.name === name),
    );
    const { page, headers } = pageOf(url, found);
    const body = { total_count: found.length, artifacts: page.map((artifact) => described(github, artifact)) };
    return { status: 200, body, headers };
  };
  return [
    [
      /^GET \/repos\/o\/r\/actions\/runs\/(\d+)$/,
      (_call, id = '') => {
        const found = run(id);
        return found ? { status: 200, body: found } : NOT_FOUND;
      },
    ],
    [
      /^GET \/repos\/o\/r\/actions\/runs\/(\d+)\/artifacts$/,
      ({ url }, id = '') => artifacts(url, ({ runId }) => runId === id),
    ],
    [/^GET \/repos\/o\/r\/actions\/artifacts$/, ({ url }) => artifacts(url, () => true)],
    [
      /^GET \/repos\/o\/r\/actions\/artifacts\/(\d+)\/zip$/,
      (_call, id = '') => {
        const { results } = github;
        const artifact = results?.artifacts.visible.find((candidate) => String(candidate.id) === id);
        if (!results || !artifact) return NOT_FOUND;
        if (artifact.expired) return refusal(410, 'Artifact has expired');
        return { status: 302, headers: { location: results.artifacts.signedUrl(artifact, results.url) } };
      },
    ],
    [
      /^GET \/repos\/o\/r\/actions\/caches$/,
      ({ url }) => {
        const { key = '', ref, sort, direction } = Object.fromEntries(url.searchParams);
        const found = (github.results?.cache.all ?? [])
          .filter((entry) => entry.complete && entry.key.startsWith(key) && (ref === undefined || entry.ref === ref))
          .map((entry) => ({
            id: entry.id,
            ref: entry.ref,
            key: entry.key,
            version: entry.version,
            last_accessed_at: entry.lastAccessedAt,
            created_at: entry.createdAt,
            size_in_bytes: github.results?.cache.bytesOf(entry).length,
          }));
        // They are in the order of creation; a stable sort keeps it for runs of the same moment.
        if (sort !== 'created_at') found.sort((a, b) => a.last_accessed_at.localeCompare(b.last_accessed_at));
        const { page, headers } = pageOf(url, direction === 'asc' ? found : found.reverse());
        return { status: 200, body: { total_count: found.length, actions_caches: page }, headers };
      },
    ],
  ];
}

function wholeRun(run: StoredRun) {
  return {
    status: 'completed',
    run_attempt: 1,
    head_sha: HEAD_SHA,
    path: '.github/workflows/gate.yml',
    head_repository: { id: REPOSITORY_ID },
    created_at: '2026-01-01T00:00:00Z',
    ...run,
    repository: { id: REPOSITORY_ID },
    html_url: `https://github.com/o/r/actions/runs/${run.id}`,
  };
}

function described(github: FakeGithub, artifact: Artifact) {
  const { id, name, expired, digest } = artifact;
  const run = github.runs.map(wholeRun).find((candidate) => String(candidate.id) === artifact.runId);
  return {
    id,
    node_id: `artifact-${id}`,
    name,
    size_in_bytes: github.results?.artifacts.bytesOf(artifact).length,
    expired,
    created_at: artifact.createdAt,
    digest,
    archive_download_url: `${github.url}/repos/o/r/actions/artifacts/${id}/zip`,
    // Null for a run that GitHub no longer has.
    workflow_run: run
      ? {
          id: run.id,
          repository_id: run.repository.id,
          head_repository_id: run.head_repository?.id ?? null,
          head_branch: run.head_branch,
          head_sha: run.head_sha,
        }
      : null,
  };
}
