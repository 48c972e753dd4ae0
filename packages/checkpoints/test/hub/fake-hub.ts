import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that the hub received. */
interface Seen {
  /** `api`, `resolve` (the hub's own address of a file) or `cdn` (where that is redirected to). */
  readonly kind: 'api' | 'resolve' | 'cdn';
  readonly path: string;
  /** [begin, end) of the Range header; null without one. */
  readonly range: readonly [number, number] | null;
  readonly authorization: string | null;
}

export type Files = Record<string, Uint8Array | string>;

/** A file or folder as a listing has it. */
interface ListedEntry {
  readonly type: 'file' | 'directory';
  readonly path: string;
  readonly oid: string;
  readonly size: number;
  readonly lfs?: { readonly oid: string; readonly size: number; readonly pointerSize: number };
}

/** Failures that a test can inject. Each function is called for every request. */
interface Faults {
  /** Status and headers to answer with instead. */
  status?: (seen: Seen) => { status: number; headers?: Record<string, string> } | null;
  /** Leave a request without an answer. */
  stalls?: (seen: Seen) => boolean;
  /** Number of bytes of a body after which the connection breaks. */
  cutAfter?: (seen: Seen) => number | null;
  /** The content that the CDN sends in place of a file. */
  swap?: (name: string, content: Buffer) => Buffer;
  /** What a listing says of a file. */
  lists?: (entry: ListedEntry) => object;
  /** Send whole files for range requests. */
  ignoresRanges?: boolean;
}

export interface FakeHub {
  readonly endpoint: string;
  readonly seen: Seen[];
  faults: Faults;
  /** The token with access; null if everybody has access. */
  token: string | null;
  /** Add a commit to a branch of `org/model` or `datasets/org/name`. @returns its digest */
  commit(repository: string, files: Files, branch?: string): string;
  close(): Promise<void>;
}

/** Files above this size are stored with Git LFS, like weights on a hub. */
const LFS_BYTES = 2000;
/** Entries of one page of a listing. */
const PAGE = 4;

/**
 * A fake hub of models and data sets on this machine (https://huggingface.co/docs/hub/api), with a CDN at another
 * address to which it redirects requests for files.
 */
export async function startFakeHub(): Promise<FakeHub> {
  const commits = new Map<string, Map<string, Buffer>>();
  const branches = new Map<string, string>();
  const seen: Seen[] = [];
  const hub = createServer((request, response) => {
    try {
      answer(request, response);
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  const network = createServer((request, response) => deliver(request, response));
  const [endpoint, cdn] = await Promise.all([listen(hub), listen(network)]);
  const fake: FakeHub = {
    endpoint,
    seen,
    faults: {},
    token: null,
    commit(repository, files, branch = 'main') {
      const contents = new Map(Object.entries(files).map(([name, content]) => [name, Buffer.from(content)]));
      const id = createHash('sha1').update(repository);
      for (const [name, content] of contents) id.update(name).update(content);
      const sha = id.digest('hex');
      commits.set(`${repository}@${sha}`, contents);
      branches.set(`${repository}@${branch}`, sha);
      return sha;
    },
    close: async () => {
      for (const server of [hub, network]) {
        server.closeAllConnections();
        await new Promise((done) => server.close(done));
      }
    },
  };
  return fake;

  function note(kind: Seen['kind'], path: string, request: IncomingMessage, response: ServerResponse): Seen | null {
    const [, begin, end] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    const range = begin === undefined ? null : ([Number(begin), Number(end) + 1] as const);
    const entry: Seen = { kind, path, range, authorization: request.headers.authorization ?? null };
    seen.push(entry);
    if (fake.faults.stalls?.(entry)) return null;
    const fault = fake.faults.status?.(entry);
    if (!fault) return entry;
    response.writeHead(fault.status, fault.headers).end('{"error": "injected"}');
    return null;
  }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', endpoint);
    const path = decodeURIComponent(url.pathname);
    const entry = note(path.startsWith('/api/') ? 'api' : 'resolve', path, request, response);
    if (!entry) return;
    const missing = (code: string) =>
      response.writeHead(404, { 'X-Error-Code': code, 'Content-Type': 'application/json' }).end('{"error": "missing"}');
    if (fake.token !== null && entry.authorization !== `Bearer ${fake.token}`) {
      response.writeHead(401, { 'X-Error-Code': 'GatedRepo' }).end('{"error": "gated"}');
      return;
    }
    const match =
      /^(?:\/api\/models|\/api(?=\/datasets\/))?\/((?:datasets\/)?[^/]+\/[^/]+)\/(revision|tree|resolve)\/(refs\/pr\/\d+|refs\/convert\/[^/]+|[^/]+)(?:\/(.*))?$/.exec(
        path,
      );
    const [, repository = '', verb, revision = '', rest = ''] = match ?? [];
    if (![...branches.keys()].some((key) => key.startsWith(`${repository}@`))) return void missing('RepoNotFound');
    const sha = branches.get(`${repository}@${revision}`) ?? revision;
    const files = commits.get(`${repository}@${sha}`);
    if (!files) return void missing('RevisionNotFound');
    if (verb === 'revision') {
      const body = {
        _id: 'x',
        id: repository,
        sha,
        private: false,
        downloads: 0,
        likes: 0,
        gated: false,
        lastModified: 0,
      };
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
      return;
    }
    if (verb === 'tree') {
      const entries = tree(files, rest);
      if (entries.length === 0) return void missing('EntryNotFound');
      const from = Number(url.searchParams.get('cursor') ?? 0);
      const next = `${endpoint}${url.pathname}?recursive=false&expand=false&cursor=${from + PAGE}`;
      response
        .writeHead(200, {
          'Content-Type': 'application/json',
          ...(entries.length > from + PAGE ? { Link: `<${next}>; rel="next"` } : {}),
        })
        .end(JSON.stringify(entries.slice(from, from + PAGE).map((entry) => fake.faults.lists?.(entry) ?? entry)));
      return;
    }
    const content = files.get(rest);
    if (!content) return void missing('EntryNotFound');
    const to = `${cdn}/${encodeURIComponent(repository)}/${sha}/${encodeURIComponent(rest)}`;
    response.writeHead(302, { Location: to, 'X-Linked-ETag': `"${digest(content)}"` }).end();
  }

  function deliver(request: IncomingMessage, response: ServerResponse): void {
    const [, repository = '', sha = '', name = ''] = (request.url ?? '').split('/').map(decodeURIComponent);
    const entry = note('cdn', name, request, response);
    if (!entry) return;
    const original = commits.get(`${repository}@${sha}`)?.get(name) ?? Buffer.alloc(0);
    const content = fake.faults.swap?.(name, original) ?? original;
    const range = fake.faults.ignoresRanges ? null : entry.range;
    const body = range ? content.subarray(...range) : content;
    response.writeHead(range ? 206 : 200, {
      ETag: `"${digest(content)}"`,
      'Content-Length': body.length,
      ...(range ? { 'Content-Range': `bytes ${range[0]}-${range[0] + body.length - 1}/${content.length}` } : {}),
    });
    const cut = fake.faults.cutAfter?.(entry) ?? null;
    if (cut === null) response.end(body);
    else response.write(body.subarray(0, cut), () => response.socket?.destroy());
  }
}

function tree(files: ReadonlyMap<string, Buffer>, folder: string): ListedEntry[] {
  const prefix = folder === '' ? '' : `${folder}/`;
  const folders = new Set<string>();
  const entries: ListedEntry[] = [];
  for (const [path, content] of files) {
    if (!path.startsWith(prefix)) continue;
    const [first = '', ...deeper] = path.slice(prefix.length).split('/');
    if (deeper.length > 0) folders.add(first);
    else {
      const blob = createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
      const lfs =
        content.length > LFS_BYTES ? { lfs: { oid: digest(content), size: content.length, pointerSize: 130 } } : {};
      entries.push({ type: 'file', oid: blob, size: content.length, path, ...lfs });
    }
  }
  const inside = [...folders].map((name) => ({ type: 'directory', oid: 'x', size: 0, path: prefix + name }) as const);
  return [...inside, ...entries];
}

function digest(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

async function listen(server: ReturnType<typeof createServer>): Promise<string> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
