import { stat } from 'node:fs/promises';
import { UserError } from '@shadow-gate/platform';
import { isLfsPointer } from '@shadow-gate/platform/files';
import { shortSha } from '../../report/text/index.ts';
import type { Commit, Octokit } from '../client/types.ts';
import { GitObjects, unreadable } from './git-objects.ts';
import { type Found, pathAtCommit, pathIdentity } from './path-at-commit.ts';
import { locate, type Workspace } from './repository-path.ts';

/** A path that a verdict depends on, at the base commit and as checked out. */
export interface Standing {
  /** Null if the base commit has nothing there. */
  readonly base: Found | null;
  /**
   * How the change under test differs; null if it does not, so that what is on disk is approved, or was written by a
   * step of the workflow. `unknown`: it is not known which commit is checked out.
   */
  readonly change: 'edited' | 'added' | 'deleted' | 'unknown' | null;
}

interface ApprovedFilesOptions {
  readonly workspace: Workspace;
  /** The commit that a workflow checks out by default, for a checkout without `.git`; null if there is none. */
  readonly usual: string | null;
  /**
   * The pull request's merge commit. GitHub may merge the change into a later commit of the base branch than the event
   * names, and that is approved too.
   */
  readonly merge?: string | null;
  /** The commit that the workflow itself comes from; null: that which is checked out. */
  readonly run?: string | null;
  /** All commits that may contain the change. */
  readonly commits: readonly string[];
}

/** The approved version of files: that at the commit that a change is to be merged into, or of the default branch. */
export class ApprovedFiles {
  readonly base: Commit;
  readonly #objects: GitObjects;
  readonly #options: ApprovedFilesOptions;

  constructor(octokit: Octokit, base: Commit, options: ApprovedFilesOptions) {
    this.base = base;
    this.#objects = new GitObjects(octokit, base);
    this.#options = options;
  }

  get short(): string {
    return shortSha(this.base.sha);
  }

  /**
   * How a path stands; null for one outside the workspace, where no commit can put anything.
   * @param what the path is called in errors, such as `baseline`
   * @param ofRun GitHub takes it from the commit of the run, whatever is checked out
   * @throws UserError if a commit cannot be read: to go on would be a guess
   */
  async standingOf(path: string, what: string, { ofRun = false } = {}): Promise<Standing | null> {
    const { run = null } = this.#options;
    try {
      return await this.#compare(path, ofRun ? run : null);
    } catch (error) {
      throw unreadable(`${what} ${path}`, this.base.sha, error);
    }
  }

  async #compare(path: string, run: string | null): Promise<Standing | null> {
    const { workspace, usual } = this.#options;
    const knows = async (commit: string): Promise<boolean> => (await this.#objects.treeOf(commit)) !== null;
    const location = await locate(path, workspace, knows);
    if (location === null) return null;
    const root = await this.#objects.treeOf(this.base.sha);
    if (root === null) throw new Error('404: GitHub does not show the commit to this token');
    const base = await pathAtCommit(this.#objects, root, location.path);
    // A step of the workflow may have made a commit that GitHub does not know.
    const own = run ?? (location.commit !== null && (await knows(location.commit)) ? location.commit : usual);
    if (base === null) return { base, change: await this.#addition(path, location.path, own) };
    const head = own === null ? null : await this.#objects.treeOf(own);
    if (head === null) return { base, change: 'unknown' };
    const identity = await this.#identityAt(head, location.path);
    const approved = [root, await this.#mergedInto()].filter((tree) => tree !== null);
    for (const tree of approved) {
      if (identity !== null && identity === (await this.#identityAt(tree, location.path)))
        return { base, change: null };
    }
    return { base, change: identity === null ? 'deleted' : 'edited' };
  }

  async #identityAt(tree: string, path: string): Promise<string | null> {
    const found = await pathAtCommit(this.#objects, tree, path);
    return found && pathIdentity(this.#objects, tree, found);
  }

  /** The tree of the commit that GitHub has merged the change into. */
  async #mergedInto(): Promise<string | null> {
    const { merge = null } = this.#options;
    const commit = merge === null ? null : await this.#objects.mergedInto(merge);
    return commit === null ? null : this.#objects.treeOf(commit);
  }

  /** Who added what the base commit does not have: the change, or a step of the workflow? */
  async #addition(path: string, inRepository: string, own: string | null): Promise<Standing['change']> {
    const { commits } = this.#options;
    let isKnown = own !== null;
    for (const commit of new Set([...(own === null ? [] : [own]), ...commits])) {
      const tree = await this.#objects.treeOf(commit);
      if (tree !== null && (await pathAtCommit(this.#objects, tree, inRepository)) !== null) return 'added';
      if (tree === null && commit === own) isKnown = false;
    }
    if (isKnown) return null;
    return (await exists(path)) ? 'unknown' : null;
  }

  /** @throws UserError if the file cannot be read, and for a pointer of Git LFS, which is not the text */
  async textOf({ sha }: { readonly sha: string }, path: string, what: string): Promise<string> {
    const bytes = await this.bytesOf({ sha }, path, what);
    const text = new TextDecoder().decode(bytes);
    if (!isLfsPointer(text)) return text;
    throw new UserError(
      `the ${what} ${path} is a Git LFS pointer at the base commit ${this.short}, so that its text is unknown`,
      `commit the file itself: exclude it from Git LFS in .gitattributes (\`${path} -filter -diff -merge text\`)`,
    );
  }

  async bytesOf({ sha }: { readonly sha: string }, path: string, what: string): Promise<Buffer> {
    try {
      return await this.#objects.bytesOf(sha);
    } catch (error) {
      throw unreadable(`${what} ${path}`, this.base.sha, error);
    }
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
