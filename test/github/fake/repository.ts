import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { FakeGithub } from '../fake-github.ts';
import { type Answer, type Call, NOT_FOUND, type Route, refusal } from './http.ts';

export const REPOSITORY_ID = 1;
/** The commit of `main`, and that of a pull request. */
export const BASE_SHA = 'b'.repeat(40);
export const HEAD_SHA = 'a'.repeat(40);

/** What a commit has at a path: the text of a file, the target of a link, or the commit of a submodule. */
interface Entry {
  readonly text: string;
  readonly mode: Mode;
}
/** A file, a symbolic link, a submodule. */
export type Mode = '100644' | '120000' | '160000';

type Tree = ReadonlyMap<string, Entry>;

const blobSchema = z.object({ content: z.string(), encoding: z.enum(['utf-8', 'base64']).default('utf-8') });
const treeSchema = z.object({
  base_tree: z.string().optional(),
  tree: z.array(z.object({ path: z.string(), sha: z.string().nullish(), content: z.string().optional() })),
});
const commitSchema = z.object({ message: z.string(), tree: z.string(), parents: z.array(z.string()).default([]) });
const refSchema = z.object({ ref: z.string(), sha: z.string() });
const moveSchema = z.object({ sha: z.string(), force: z.boolean().default(false) });

/**
 * The repository: its refs, and what a program needs to commit a file. Files of commits are in `github.files`, where
 * tests put them and find them. A commit that was not made here has the files that a test gave it, and no parents.
 */
export class Repository {
  readonly #github: FakeGithub;
  readonly #commits = new Map<string, { message: string; tree: string; parents: string[] }>();
  readonly #trees = new Map<string, Tree>();
  readonly #blobs = new Map<string, string>();

  constructor(github: FakeGithub) {
    this.#github = github;
  }

  get routes(): readonly Route[] {
    return [
      [/^GET \/repos\/o\/r$/, () => this.#about()],
      [/^GET \/repos\/o\/r\/contents\/(.+)$/, (call, path = '') => this.#content(call, path)],
      [
        /^GET \/repos\/o\/r\/compare\/(.+)\.\.\.([0-9a-f]{40})$/,
        (_call, base = '', head = '') => this.#compare(base, head),
      ],
      [/^GET \/repos\/o\/r\/git\/ref\/(.+)$/, (_call, ref = '') => this.#ref(ref)],
      [/^POST \/repos\/o\/r\/git\/refs$/, ({ json }) => this.#createRef(refSchema.parse(json))],
      [/^PATCH \/repos\/o\/r\/git\/refs\/(.+)$/, ({ json }, ref = '') => this.#moveRef(ref, moveSchema.parse(json))],
      [/^DELETE \/repos\/o\/r\/git\/refs\/(.+)$/, (_call, ref = '') => this.#deleteRef(ref)],
      [/^GET \/repos\/o\/r\/git\/commits\/([0-9a-f]{40})$/, (_call, sha = '') => this.#commit(sha)],
      [/^POST \/repos\/o\/r\/git\/blobs$/, ({ json }) => this.#createBlob(blobSchema.parse(json))],
      [/^POST \/repos\/o\/r\/git\/trees$/, ({ json }) => this.#createTree(treeSchema.parse(json))],
      [/^POST \/repos\/o\/r\/git\/commits$/, ({ json }) => this.#createCommit(commitSchema.parse(json))],
      [/^GET \/repos\/o\/r\/git\/trees\/([0-9a-f]{40})$/, (_call, sha = '') => this.#tree(sha)],
      [/^GET \/repos\/o\/r\/git\/blobs\/([0-9a-f]{40})$/, (_call, sha = '') => this.#blob(sha)],
    ];
  }

  #about(): Answer {
    const { defaultBranch: default_branch } = this.#github;
    const owner = { login: 'o', type: 'Organization' };
    return {
      status: 200,
      body: { id: REPOSITORY_ID, name: 'r', full_name: 'o/r', owner, private: false, default_branch },
    };
  }

  #content({ url, accept }: Call, path: string): Answer {
    const { files, refs, defaultBranch, canRead } = this.#github;
    const ref = url.searchParams.get('ref') ?? defaultBranch;
    const commit = refs.get(`heads/${ref}`) ?? refs.get(ref.replace(/^refs\//, '')) ?? ref;
    const text = files.get(`${commit}:${path}`);
    if (!canRead || text === undefined) return NOT_FOUND;
    if (accept.includes('raw')) {
      const headers = { 'content-type': 'application/vnd.github.raw; charset=utf-8' };
      return { status: 200, body: Buffer.from(text), headers };
    }
    const content = Buffer.from(text).toString('base64');
    return {
      status: 200,
      body: { type: 'file', encoding: 'base64', path, content, size: text.length, sha: blobSha(text) },
    };
  }

  #ref(ref: string): Answer {
    const sha = this.#github.refs.get(ref);
    return this.#github.canRead && sha !== undefined ? { status: 200, body: described(ref, sha) } : NOT_FOUND;
  }

  #compare(branch: string, head: string): Answer {
    const base = this.#github.refs.get(`heads/${branch}`);
    if (base === undefined || !this.#has(head)) return NOT_FOUND;
    if (base === head) return { status: 200, body: { status: 'identical' } };
    return { status: 200, body: { status: this.#descends(base, head) ? 'behind' : 'diverged' } };
  }

  #createRef({ ref, sha }: z.infer<typeof refSchema>): Answer {
    const name = ref.replace(/^refs\//, '');
    if (name === ref || !name.includes('/'))
      return refusal(422, 'Reference name must start with refs/ and have a slash');
    if (this.#github.refs.has(name)) return refusal(422, 'Reference already exists');
    if (!this.#has(sha)) return refusal(422, 'Object does not exist');
    this.#github.refs.set(name, sha);
    return { status: 201, body: described(name, sha) };
  }

  #moveRef(ref: string, { sha, force }: z.infer<typeof moveSchema>): Answer {
    const old = this.#github.refs.get(ref);
    if (old === undefined) return refusal(422, 'Reference does not exist');
    if (!this.#has(sha)) return refusal(422, 'Object does not exist');
    if (!force && !this.#descends(sha, old)) return refusal(422, 'Update is not a fast forward');
    this.#github.refs.set(ref, sha);
    return { status: 200, body: described(ref, sha) };
  }

  #deleteRef(ref: string): Answer {
    return this.#github.refs.delete(ref) ? { status: 204 } : refusal(422, 'Reference does not exist');
  }

  #commit(sha: string): Answer {
    if (!this.#github.canRead || !this.#has(sha)) return NOT_FOUND;
    const { message, tree, parents } = this.#commits.get(sha) ?? { message: '', tree: this.#treeOf(sha), parents: [] };
    return {
      status: 200,
      body: { sha, message, tree: { sha: tree }, parents: parents.map((parent) => ({ sha: parent })) },
    };
  }

  #tree(sha: string): Answer {
    const files = this.#trees.get(sha);
    if (!this.#github.canRead || !files) return NOT_FOUND;
    const folders = new Map<string, Map<string, Entry>>();
    const tree: object[] = [];
    for (const [path, { text, mode }] of files) {
      const [name = '', ...rest] = path.split('/');
      if (rest.length > 0) {
        folders.set(name, (folders.get(name) ?? new Map()).set(rest.join('/'), { text, mode }));
      } else if (mode === '160000') {
        tree.push({ path, mode, type: 'commit', sha: text });
      } else {
        this.#blobs.set(blobSha(text), text);
        tree.push({ path, mode, type: 'blob', sha: blobSha(text), size: Buffer.byteLength(text) });
      }
    }
    for (const [path, inside] of folders) tree.push({ path, mode: '040000', type: 'tree', sha: this.#keep(inside) });
    return { status: 200, body: { sha, tree, truncated: false } };
  }

  #blob(sha: string): Answer {
    const text = this.#blobs.get(sha);
    if (!this.#github.canRead || text === undefined) return NOT_FOUND;
    const bytes = Buffer.from(text);
    return {
      status: 200,
      body: {
        sha,
        size: bytes.length,
        encoding: 'base64',
        content: bytes.toString('base64').replace(/.{60}/g, '$&\n'),
      },
    };
  }

  #createBlob({ content, encoding }: z.infer<typeof blobSchema>): Answer {
    const text = encoding === 'base64' ? Buffer.from(content, 'base64').toString('utf8') : content;
    const sha = blobSha(text);
    this.#blobs.set(sha, text);
    return { status: 201, body: { sha } };
  }

  #createTree({ base_tree, tree }: z.infer<typeof treeSchema>): Answer {
    const base = base_tree === undefined ? new Map<string, Entry>() : this.#trees.get(base_tree);
    if (!base) return refusal(422, 'base_tree is not a valid tree oid');
    const files = new Map(base);
    for (const { path, sha, content } of tree) {
      const text = content ?? this.#blobs.get(sha ?? '');
      if (text !== undefined) files.set(path, { text, mode: '100644' });
      else if (sha === null) files.delete(path);
      else return refusal(422, `tree.sha ${sha} is not a valid blob`);
    }
    return { status: 201, body: { sha: this.#keep(files) } };
  }

  #createCommit({ message, tree, parents }: z.infer<typeof commitSchema>): Answer {
    const files = this.#trees.get(tree);
    if (!files) return refusal(422, 'Tree SHA does not exist');
    const missing = parents.find((parent) => !this.#has(parent));
    if (missing !== undefined) return refusal(422, `Parent SHA does not exist: ${missing}`);
    const sha = sha1(`commit ${this.#commits.size} ${tree} ${parents} ${message}`);
    this.#commits.set(sha, { message, tree, parents });
    for (const [path, { text, mode }] of files) {
      this.#github.files.set(`${sha}:${path}`, text);
      this.#github.modes.set(`${sha}:${path}`, mode);
    }
    return {
      status: 201,
      body: { sha, message, tree: { sha: tree }, parents: parents.map((parent) => ({ sha: parent })) },
    };
  }

  #treeOf(commit: string): string {
    const prefix = `${commit}:`;
    const files = [...this.#github.files].filter(([name]) => name.startsWith(prefix));
    return this.#keep(
      new Map(
        files.map(([name, text]) => [
          name.slice(prefix.length),
          { text, mode: this.#github.modes.get(name) ?? '100644' },
        ]),
      ),
    );
  }

  #keep(files: Tree): string {
    const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
    const sha = sha1(`tree ${JSON.stringify(sorted)}`);
    this.#trees.set(sha, files);
    return sha;
  }

  #has(commit: string): boolean {
    const { refs, files } = this.#github;
    return (
      commit === BASE_SHA ||
      commit === HEAD_SHA ||
      this.#commits.has(commit) ||
      [...refs.values()].includes(commit) ||
      [...files.keys()].some((name) => name.startsWith(`${commit}:`))
    );
  }

  #descends(commit: string, from: string): boolean {
    if (commit === from) return true;
    return (this.#commits.get(commit)?.parents ?? []).some((parent) => this.#descends(parent, from));
  }
}

function described(ref: string, sha: string) {
  return { ref: `refs/${ref}`, object: { sha, type: 'commit' } };
}

/** The name that git gives to content. */
function blobSha(text: string): string {
  return sha1(`blob ${Buffer.byteLength(text)}\0${text}`);
}

function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}
