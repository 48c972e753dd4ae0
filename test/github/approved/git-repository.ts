import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { Octokit } from '../../../src/github/client/types.ts';

/** What a commit has at a path: a text, a link, a submodule at a commit, or nothing any more. */
export type Files = Readonly<
  Record<string, string | { readonly link: string } | { readonly submodule: string } | null>
>;

const IDENTITY = ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'commit.gpgsign=false'];

/** A real git repository with a checkout, whose objects a client reads as GitHub would send them. */
export class GitRepository {
  readonly folder = mkdtempSync(join(tmpdir(), 'shadow-gate-git-'));

  constructor() {
    this.git('init', '-q', '-b', 'main');
    this.git('remote', 'add', 'origin', 'https://github.com/o/r');
  }

  /** @returns standard output, without the line break at its end */
  git(...args: string[]): string {
    return this.#bytes(...args)
      .toString('utf8')
      .trimEnd();
  }

  write(files: Files): this {
    for (const [path, content] of Object.entries(files)) {
      const place = join(this.folder, path);
      rmSync(place, { recursive: true, force: true });
      if (content === null) {
        // Also a submodule, which `git add` would leave alone.
        this.git('rm', '-r', '-q', '--cached', '--ignore-unmatch', path);
        continue;
      }
      mkdirSync(dirname(place), { recursive: true });
      if (typeof content === 'string') writeFileSync(place, content);
      else if ('link' in content) symlinkSync(content.link, place);
      else mkdirSync(place);
    }
    return this;
  }

  /** @returns the SHA of a commit with everything in the checkout */
  commit(files: Files): string {
    this.write(files).git('add', '-A');
    for (const [path, content] of Object.entries(files)) {
      if (typeof content !== 'object' || content === null || !('submodule' in content)) continue;
      this.git('update-index', '--add', '--cacheinfo', `160000,${content.submodule},${path}`);
    }
    this.git(...IDENTITY, 'commit', '-q', '--allow-empty', '-m', 'm');
    return this.git('rev-parse', 'HEAD');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Only the requests that read git's objects. */
  get client(): Octokit {
    const git = {
      getCommit: async ({ commit_sha: sha }: { commit_sha: string }) => ({
        data: {
          tree: { sha: this.#orNotFound('rev-parse', '--verify', '-q', `${sha}^{tree}`) },
          parents: this.git('log', '-1', '--format=%P', sha)
            .split(' ')
            .filter(Boolean)
            .map((parent) => ({ sha: parent })),
        },
      }),
      getTree: async ({ tree_sha: sha }: { tree_sha: string }) => ({
        data: { sha, truncated: false, tree: this.#entriesOf(sha) },
      }),
      getBlob: async ({ file_sha: sha }: { file_sha: string }) => {
        const bytes = this.#bytes('cat-file', 'blob', sha);
        return { data: { sha, size: bytes.length, encoding: 'base64', content: bytes.toString('base64') } };
      },
    };
    return { rest: { git } } as unknown as Octokit;
  }

  #entriesOf(tree: string) {
    const lines = this.git('ls-tree', '-z', tree)
      .split('\0')
      .filter((line) => line !== '');
    return lines.map((line) => {
      const [, mode, type, sha, path] = /^(\d+) (\w+) ([0-9a-f]+)\t(.*)$/s.exec(line) ?? [];
      return { mode, type, sha, path };
    });
  }

  #orNotFound(...args: string[]): string {
    try {
      return this.git(...args);
    } catch {
      throw Object.assign(new Error('Not Found'), { status: 404, response: { headers: {} } });
    }
  }

  #bytes(...args: string[]): Buffer {
    return execFileSync('git', args, { cwd: this.folder, stdio: ['ignore', 'pipe', 'ignore'] });
  }
}

/** What a test of files at a base commit works with. */
interface RepositoryRig {
  /** Its checkout is the working directory. */
  readonly repository: GitRepository;
  /** A folder for temporary files. */
  readonly temporary: string;
}

/** Give each test of a file a repository of its own. */
export function useGitRepository(): RepositoryRig {
  let rig: RepositoryRig | null = null;
  let workingDirectory: string;
  beforeEach(() => {
    rig = { repository: new GitRepository(), temporary: mkdtempSync(join(tmpdir(), 'shadow-gate-temporary-')) };
    workingDirectory = process.cwd();
    process.chdir(rig.repository.folder);
  });
  afterEach(() => {
    process.chdir(workingDirectory);
    rig?.repository.remove();
    if (rig) rmSync(rig.temporary, { recursive: true, force: true });
  });
  const current = (): RepositoryRig => {
    if (rig === null) throw new Error('no test runs');
    return rig;
  };
  return {
    get repository() {
      return current().repository;
    },
    get temporary() {
      return current().temporary;
    },
  };
}
