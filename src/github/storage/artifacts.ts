import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DefaultArtifactClient } from '@actions/artifact';
import { strFromU8, unzipSync } from 'fflate';
import type { Octokit } from '../client/author.ts';
import { statusOf } from '../client/errors.ts';
import { withToolkit } from '../client/log.ts';
import type { Repository } from '../publish/issue.ts';

/** The artifacts of the run that this is a step of, and of finished ones. */
export interface Artifacts {
  /**
   * Keep files of one folder as an artifact of this run; one of the same name, of an earlier attempt, makes room.
   * @throws if the service fails
   */
  readonly upload: (name: string, files: readonly string[]) => Promise<void>;
  /** This run's artifacts, of two of one name the newer. @throws if the service fails */
  readonly list: () => Promise<ReadonlyArray<{ readonly name: string; readonly id: number }>>;
  /**
   * The texts of an artifact's files, by name.
   * @param from of another run; this one's if missing
   * @throws if the service fails, or what arrives is not what was uploaded
   */
  readonly read: (
    id: number,
    from?: { readonly runId: number; readonly digest: string | undefined },
  ) => Promise<ReadonlyMap<string, string>>;
}

/** An Enterprise server has another service, of which the toolkit's client only says so; a runner elsewhere has none. */
export function areArtifactsThere(environment: Readonly<Record<string, string | undefined>>): boolean {
  const { ACTIONS_RESULTS_URL: service, GITHUB_SERVER_URL: server = 'https://github.com' } = environment;
  const host = new URL(server).hostname;
  const isGithub = host === 'github.com' || host.endsWith('.ghe.com') || host.endsWith('.localhost');
  return service !== undefined && service !== '' && isGithub;
}

/**
 * @param temporary the runner's temporary folder
 * @param print where the log goes
 */
export function openArtifacts(
  { token, at, temporary }: { token: string; at: Repository; temporary: string },
  print: (line: string) => void,
): Artifacts {
  const client = new DefaultArtifactClient();
  return {
    upload: (name, files) =>
      withToolkit(print, async () => {
        const { artifacts } = await client.listArtifacts();
        if (artifacts.some((artifact) => artifact.name === name)) await client.deleteArtifact(name);
        await client.uploadArtifact(name, [...files], dirname(files[0] ?? ''));
      }),
    list: () => withToolkit(print, async () => (await client.listArtifacts({ latest: true })).artifacts),
    read: (id, from) =>
      withToolkit(print, async () => {
        const folder = await mkdtemp(join(temporary, 'shadow-gate-artifact-'));
        try {
          const { digestMismatch } = await client.downloadArtifact(id, {
            path: folder,
            // As the one archive that it is: see scripts/build/without-unzip-stream.mjs.
            skipDecompress: true,
            ...(from?.digest === undefined ? {} : { expectedHash: from.digest }),
            ...(from === undefined
              ? {}
              : { findBy: { token, workflowRunId: from.runId, repositoryOwner: at.owner, repositoryName: at.repo } }),
          });
          if (digestMismatch === true) throw new Error('what arrived is not what was uploaded');
          const [archive = ''] = await readdir(folder);
          const files = Object.entries(unzipSync(await readFile(join(folder, archive))));
          return new Map(files.map(([name, bytes]) => [name, strFromU8(bytes)]));
        } finally {
          await rm(folder, { recursive: true, force: true });
        }
      }),
  };
}

/** A run of a tag says that it is of a branch of that name, and whoever may push tags need not be one who may push there. */
async function isOnBranch(octokit: Octokit, at: Repository, branch: string, sha: string): Promise<boolean> {
  try {
    const basehead = `${branch}...${sha}`;
    const { data } = await octokit.rest.repos.compareCommitsWithBasehead({ ...at, basehead, per_page: 1 });
    return data.status === 'identical' || data.status === 'behind';
  } catch (error) {
    // A branch that was rewritten since may have lost it.
    if (statusOf(error) === 404) return false;
    throw error;
  }
}

/** An artifact of a finished run, as GitHub lists it. */
export interface FoundArtifact {
  readonly id: number;
  readonly digest: string | undefined;
  readonly runId: number;
  /** The commit that the run was about. */
  readonly commit: string;
  /** Did somebody start the run by hand? */
  readonly wasDispatched: boolean;
}

/** Pages of a hundred that are looked through. Only runs on branches leave artifacts of ours, one each. */
const MAX_PAGES = 3;

/** Events of runs that are about a branch and no change: what others may write cannot start them as such. */
const TRUSTED_EVENTS: readonly string[] = ['push', 'schedule', 'workflow_dispatch'];

/**
 * Artifacts of this name that runs on a branch have left, the newest first. A run of a pull request has left none, although a
 * fork may call its branch the same.
 * @param conclusions of the run that count; by default any
 * @throws if GitHub has trouble, or the token may not see them
 */
export async function* artifactsOf(
  octokit: Octokit,
  at: Repository,
  { name, branch, conclusions }: { name: string; branch: string; conclusions?: readonly string[] },
): AsyncGenerator<FoundArtifact> {
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const { data } = await octokit.rest.actions.listArtifactsForRepo({ ...at, name, per_page: 100, page });
    for (const { id, expired, digest, workflow_run: run } of data.artifacts) {
      const isOwn = run?.repository_id !== undefined && run.repository_id === run.head_repository_id;
      if (expired || !isOwn || run.id === undefined || run.head_branch !== branch) continue;
      const { data: found } = await octokit.rest.actions.getWorkflowRun({ ...at, run_id: run.id });
      if (!TRUSTED_EVENTS.includes(found.event) || found.head_branch !== branch) continue;
      if (conclusions && !conclusions.includes(found.conclusion ?? '')) continue;
      if (!(await isOnBranch(octokit, at, branch, found.head_sha))) continue;
      const wasDispatched = found.event === 'workflow_dispatch';
      yield { id, digest: digest ?? undefined, runId: run.id, commit: found.head_sha, wasDispatched };
    }
    if (data.artifacts.length < 100) return;
  }
  // Whoever can start a run can leave artifacts of this name, and must not hide those that count.
  throw new Error(`more than ${MAX_PAGES * 100} artifacts are called ${name}; delete those that do not count`);
}
