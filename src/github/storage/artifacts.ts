import { copyFile, mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DefaultArtifactClient } from '@actions/artifact';
import { given, UserError } from '@shadow-gate/platform';
import { MAX_FILE_BYTES, openZip } from '@shadow-gate/platform/files';
import { requestErrorStatus } from '../client/errors.ts';
import { withToolkit } from '../client/log.ts';
import type { Octokit, Repository } from '../client/types.ts';

export const MEASUREMENT_FILE = 'measurement.json';
export const REPORT_FILE = 'report.json';
export const ATTESTATION_FILE = 'attestation.json';
export const REPORT_PAGE_FILE = 'report.html';

export interface Artifacts {
  /** Upload files of one folder. Replaces an artifact of the same name from an earlier attempt. @throws if it fails */
  readonly upload: (name: string, files: readonly string[]) => Promise<void>;
  /** Upload a file without an archive, so that a browser shows it; returns the id. @throws if it fails */
  readonly uploadPage: (name: string, file: string) => Promise<number>;
  /** This run's artifacts; of two with one name, the newer. @throws if it fails */
  readonly list: () => Promise<ReadonlyArray<{ readonly name: string; readonly id: number }>>;
  /** The texts of an artifact, perhaps of another run. @throws if the download fails, or its digest differs */
  readonly read: (
    id: number,
    from?: { readonly runId: number; readonly digest: string | undefined },
  ) => Promise<ReadonlyMap<string, string>>;
}

/** Without the service, or on an Enterprise server with its different one, the toolkit's client only fails. */
export function hasArtifactService(environment: Readonly<Record<string, string | undefined>>): boolean {
  const { ACTIONS_RESULTS_URL: service, GITHUB_SERVER_URL: server = 'https://github.com' } = environment;
  const host = URL.canParse(server) ? new URL(server).hostname : '';
  const isGithub = host === 'github.com' || host.endsWith('.ghe.com') || host.endsWith('.localhost');
  return service !== undefined && service !== '' && isGithub;
}

export function openArtifacts(
  { token, repository, temporary }: { token: string; repository: Repository; temporary: string },
  print: (line: string) => void,
): Artifacts {
  const client = new DefaultArtifactClient();
  const deleteOld = async (name: string): Promise<void> => {
    const { artifacts } = await client.listArtifacts();
    if (artifacts.some((artifact) => artifact.name === name)) await client.deleteArtifact(name);
  };
  return {
    upload: (name, files) =>
      withToolkit(print, async () => {
        await deleteOld(name);
        await client.uploadArtifact(name, [...files], dirname(files[0] ?? ''));
      }),
    uploadPage: (name, file) =>
      withToolkit(print, async () => {
        await deleteOld(name);
        const folder = await mkdtemp(join(temporary, 'shadow-gate-page-'));
        try {
          // The toolkit names such an artifact after its file.
          await copyFile(file, join(folder, name));
          const { id } = await client.uploadArtifact(name, [join(folder, name)], folder, { skipArchive: true });
          if (id === undefined) throw new Error('the service gave the artifact no id');
          return id;
        } finally {
          await rm(folder, { recursive: true, force: true });
        }
      }),
    list: () => withToolkit(print, async () => (await client.listArtifacts({ latest: true })).artifacts),
    read: (id, from) =>
      withToolkit(print, async () => {
        const folder = await mkdtemp(join(temporary, 'shadow-gate-artifact-'));
        try {
          const { owner: repositoryOwner, repo: repositoryName } = repository;
          const { digestMismatch } = await client.downloadArtifact(id, {
            path: folder,
            // As one archive: see scripts/build/left-out.ts.
            skipDecompress: true,
            ...given({
              expectedHash: from?.digest,
              findBy: from && { token, workflowRunId: from.runId, repositoryOwner, repositoryName },
            }),
          });
          if (digestMismatch === true) throw new Error('what arrived is not what was uploaded');
          const [archive = ''] = await readdir(folder);
          return await unpackTexts(join(folder, archive));
        } finally {
          await rm(folder, { recursive: true, force: true });
        }
      }),
  };
}

/** Total of an archive's files: two of the largest measurements. */
const MAX_ARCHIVE_BYTES = 2 * MAX_FILE_BYTES.measurement;

/** Our artifacts have two. */
const MAX_FILES = 1000;

/** Sizes are checked first: a megabyte can claim to be a terabyte. @throws for damaged and too large archives */
export async function unpackTexts(path: string): Promise<Map<string, string>> {
  const handle = await open(path);
  try {
    const { size } = await handle.stat();
    const { members, read } = await openZip({ handle, path: 'its archive', hint: '', start: 0, size });
    if (members.length > MAX_FILES) throw new Error(`it has more than ${MAX_FILES} files`);
    let total = 0;
    for (const { name, packedBytes, bytes: unpacked } of members) {
      // Files can share their bytes.
      const bytes = Math.max(packedBytes, unpacked);
      total += bytes;
      if (bytes > MAX_FILE_BYTES.measurement || total > MAX_ARCHIVE_BYTES) {
        const what = JSON.stringify(name.slice(0, MAX_NAME_LENGTH));
        throw new Error(`${what} would take ${bytes} bytes unpacked, more than is read of a measurement`);
      }
    }
    const texts = new Map<string, string>();
    for (const member of members) texts.set(member.name, (await read(member)).toString('utf8'));
    return texts;
  } catch (error) {
    // Callers name the artifact, and say what to do.
    throw error instanceof UserError ? new Error(error.problem) : error;
  } finally {
    await handle.close();
  }
}

const MAX_NAME_LENGTH = 100;

/** A run of a tag claims a branch of the same name, but people who may push tags may not push to that branch. */
async function isOnBranch(octokit: Octokit, repository: Repository, branch: string, sha: string): Promise<boolean> {
  try {
    const basehead = `${branch}...${sha}`;
    const { data } = await octokit.rest.repos.compareCommitsWithBasehead({ ...repository, basehead, per_page: 1 });
    return data.status === 'identical' || data.status === 'behind';
  } catch (error) {
    // A branch that has been rewritten since then may no longer have the commit.
    if (requestErrorStatus(error) === 404) return false;
    throw error;
  }
}

export interface FoundArtifact {
  readonly id: number;
  readonly digest: string | undefined;
  readonly runId: number;
  readonly commit: string;
  /** Such as `success`; null while it runs. */
  readonly conclusion: string | null;
  readonly wasDispatched: boolean;
}

const PAGE_SIZE = 100;

/** Only runs on branches leave artifacts of ours, one each, so more pages are not normal. */
const MAX_PAGES = 3;

/** Events of runs about a branch: no pull request can start a run with one of them. */
const TRUSTED_EVENTS: readonly string[] = ['push', 'schedule', 'workflow_dispatch'];

/**
 * Newest first, without those of pull requests: a fork may give its branch the same name.
 * @throws if GitHub has an error, or if the token may not see artifacts
 */
export async function* artifactsOnBranch(
  octokit: Octokit,
  repository: Repository,
  {
    name,
    branch,
    counts = () => true,
  }: {
    name: string;
    branch: string;
    counts?: (run: Pick<FoundArtifact, 'conclusion' | 'wasDispatched'>) => boolean;
  },
): AsyncGenerator<FoundArtifact> {
  const { listArtifactsForRepo, getWorkflowRun } = octokit.rest.actions;
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const { data } = await listArtifactsForRepo({ ...repository, name, per_page: PAGE_SIZE, page });
    for (const { id, expired, digest, workflow_run: run } of data.artifacts) {
      const isOwn = run?.repository_id !== undefined && run.repository_id === run.head_repository_id;
      if (expired || !isOwn || run.id === undefined || run.head_branch !== branch) continue;
      const { data: found } = await getWorkflowRun({ ...repository, run_id: run.id });
      if (!TRUSTED_EVENTS.includes(found.event) || found.head_branch !== branch) continue;
      const { conclusion } = found;
      const wasDispatched = found.event === 'workflow_dispatch';
      if (!counts({ conclusion, wasDispatched })) continue;
      if (!(await isOnBranch(octokit, repository, branch, found.head_sha))) continue;
      const commit = found.head_sha;
      yield { id, digest: digest ?? undefined, runId: run.id, commit, conclusion, wasDispatched };
    }
    if (data.artifacts.length < PAGE_SIZE) return;
  }
  // Anybody who can start a run can leave artifacts of this name, and must not be able to hide those that count.
  throw new Error(`more than ${MAX_PAGES * PAGE_SIZE} artifacts are called ${name}; delete those that do not count`);
}
