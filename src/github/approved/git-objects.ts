import { createHash } from 'node:crypto';
import { UserError } from '@shadow-gate/platform';
import { z } from 'zod';
import { shortSha } from '../../report/text/index.ts';
import { describeGithubError, requestErrorStatus } from '../client/errors.ts';
import type { Octokit, Repository } from '../client/types.ts';

/** Attempts to get a complete answer. The client itself repeats requests without an answer. */
const ATTEMPTS = 3;

const commitSchema = z.object({
  tree: z.object({ sha: z.string() }),
  parents: z.array(z.object({ sha: z.string() })),
});
type GitCommit = z.infer<typeof commitSchema>;
const entrySchema = z.object({
  path: z.string(),
  /** 120000 for a symbolic link, 160000 for a submodule. */
  mode: z.string(),
  type: z.enum(['blob', 'tree', 'commit']),
  sha: z.string(),
  size: z.number().optional(),
});
const treeSchema = z.object({ sha: z.string(), tree: z.array(entrySchema), truncated: z.literal(false) });
const blobSchema = z.object({ content: z.string(), encoding: z.literal('base64'), size: z.int().nonnegative() });

/** The bytes of a blob, if they have the size that GitHub gives and the requested SHA. */
const bytesSchema = (blob: string): z.ZodType<Buffer> =>
  blobSchema
    .transform(({ content, size }) => ({ bytes: Buffer.from(content, 'base64'), size }))
    .refine(({ bytes, size }) => bytes.length === size && blobSha(bytes) === blob)
    .transform(({ bytes }) => bytes);

type TreeEntry = z.infer<typeof entrySchema>;

/**
 * Git's objects in a repository on GitHub, each requested once. An incomplete answer is never content: trees have to be
 * complete JSON, and the bytes of a file have to match their size and SHA.
 */
export class GitObjects {
  readonly repository: Repository;
  readonly #octokit: Octokit;
  readonly #trees = new Map<string, Promise<readonly TreeEntry[]>>();
  readonly #commits = new Map<string, Promise<GitCommit | null>>();

  constructor(octokit: Octokit, { owner, repo }: Repository) {
    this.#octokit = octokit;
    this.repository = { owner, repo };
  }

  /** The tree of a commit; null if GitHub does not know the commit, or hides it from the token. */
  async treeOf(commit: string): Promise<string | null> {
    return (await this.#commit(commit))?.tree.sha ?? null;
  }

  /** The commit that another one was merged into; null if this is not a merge. */
  async mergedInto(commit: string): Promise<string | null> {
    const { parents = [] } = (await this.#commit(commit)) ?? {};
    return parents.length === 2 ? (parents[0]?.sha ?? null) : null;
  }

  #commit(commit: string): Promise<GitCommit | null> {
    return remember(this.#commits, commit, async () => {
      try {
        return await whole(`commit ${commit}`, commitSchema, () =>
          this.#octokit.rest.git.getCommit({ ...this.repository, commit_sha: commit }),
        );
      } catch (error) {
        // 422: not the name of a commit.
        if (requestErrorStatus(error) === 404 || requestErrorStatus(error) === 422) return null;
        throw error;
      }
    });
  }

  entriesOf(tree: string): Promise<readonly TreeEntry[]> {
    return remember(this.#trees, tree, async () => {
      const { tree: entries } = await whole(`tree ${tree}`, treeSchema, () =>
        this.#octokit.rest.git.getTree({ ...this.repository, tree_sha: tree }),
      );
      return entries;
    });
  }

  /** The bytes of a file, up to 100 MB. */
  bytesOf(blob: string): Promise<Buffer> {
    return whole(`file ${blob}`, bytesSchema(blob), () =>
      this.#octokit.rest.git.getBlob({ ...this.repository, file_sha: blob }),
    );
  }
}

function blobSha(bytes: Buffer): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

/** Repeat a request until its answer fits the schema. */
async function whole<T>(what: string, schema: z.ZodType<T>, request: () => Promise<{ data: unknown }>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const { data: answer } = await request();
    const { data, success } = schema.safeParse(answer);
    if (success) return data;
    if (attempt === ATTEMPTS) {
      throw new Error(`GitHub's answer for ${what} is not whole, ${ATTEMPTS} times in a row`);
    }
  }
}

/** Failures are not cached. */
function remember<T>(known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const old = known.get(key);
  if (old !== undefined) return old;
  const made = make();
  known.set(key, made);
  made.catch(() => known.delete(key));
  return made;
}

export function unreadable(what: string, commit: string, error: unknown): UserError {
  if (error instanceof UserError) return error;
  return new UserError(
    `the ${what} could not be read at the base commit ${shortSha(commit)} (${describeGithubError(error)})`,
    'add `permissions: contents: read` to the job, or run it again later',
  );
}
