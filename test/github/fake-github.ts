import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';

/** What kind of token the client shows, and so what GitHub tells it about itself. */
export type TokenKind = 'actions' | 'app' | 'person';

const LOGINS: Readonly<Record<TokenKind, string>> = {
  actions: 'github-actions[bot]',
  app: 'gate-app[bot]',
  person: 'maintainer',
};

export interface StoredComment {
  id: number;
  body: string;
  html_url: string;
  created_at: string;
  user: { login: string; type: 'Bot' | 'User' };
}

/**
 * GitHub fails on purpose: with a status, or by closing the connection: before it has done anything (`reset`), when it
 * has done what was asked (`lost`) or in the middle of its answer (`torn`); or it never answers (`hangs`), or never to the
 * end (`stalls`).
 */
export interface Fault {
  readonly request: RegExp;
  readonly status: number | 'reset' | 'lost' | 'torn' | 'hangs' | 'stalls';
  /** How often, till GitHub is well again; without it, for ever. */
  readonly times?: number;
  /** How often all goes well before. */
  readonly after?: number;
  readonly message?: string;
  readonly headers?: Record<string, string>;
}

const MAX_BODY = 65_536;
// Both bodies take one property (docs.github.com, "Create an issue comment" and "Update an issue comment").
const bodySchema = z.strictObject({ body: z.string().min(1).max(MAX_BODY) });

/**
 * As much of GitHub as a sticky comment needs, in memory: comments with pages and links, the limits of a body, and what
 * each kind of token may ask about itself.
 */
export class FakeGithub {
  /** `o/r#7`, for which comments are kept. */
  readonly comments: StoredComment[] = [];
  /** `PATCH /repos/o/r/issues/comments/1`, in order. */
  readonly requests: string[] = [];
  readonly faults: Fault[] = [];
  /** Files of commits, by `SHA:path`. */
  readonly files = new Map<string, string>();
  /** Open pull requests. */
  readonly pulls: Array<{ number: number; head: { sha: string; label: string } }> = [];
  /** Issues, with their comments. */
  readonly issues: Array<{
    number: number;
    title: string;
    body: string;
    state: string;
    html_url: string;
    labels: string[];
    comments: string[];
    user: { login: string; type: 'Bot' | 'User' };
  }> = [];
  /** Whether the token may read the repository. */
  canRead = true;
  readonly #met = new Map<Fault, number>();
  hasGraphql = true;
  #nextId = 1;
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch((error: Error) => reply(response, 500, { message: String(error.stack) }));
  });
  readonly token: TokenKind;

  constructor(token: TokenKind = 'actions') {
    this.token = token;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Somebody comments, without the client. */
  addComment(body: string, login: string, type: 'Bot' | 'User' = 'User'): StoredComment {
    const id = this.#nextId++;
    const html_url = `https://github.com/o/r/pull/7#issuecomment-${id}`;
    const comment = { id, body, html_url, created_at: new Date().toISOString(), user: { login, type } };
    this.comments.push(comment);
    return comment;
  }

  /** What reached GitHub and changed something. */
  get writes(): string[] {
    return this.requests.filter((request) => /^(POST|PATCH|PUT|DELETE) \/repos/.test(request));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', this.url);
    // An Enterprise server has the same below `/api/v3`, and GraphQL beside it.
    const line = `${request.method} ${url.pathname.replace(/^\/api(\/v3)?(?=\/)/, '')}`;
    this.requests.push(line);
    const body = await textOf(request);
    const fault = this.#faultFor(line);
    if (fault?.status === 'hangs') return;
    if (fault?.status === 'reset') request.socket.destroy();
    else if (typeof fault?.status === 'number') {
      reply(response, fault.status, { message: fault.message ?? 'fault' }, fault.headers);
    } else if (!/^(token|bearer) ./i.test(request.headers.authorization ?? '')) {
      reply(response, 401, { message: 'Requires authentication' });
    } else {
      if (fault) breakOff(response, fault.status);
      this.#route(response, line, url, body);
    }
  }

  #faultFor(line: string): Fault | undefined {
    const fault = this.faults.find((candidate) => candidate.request.test(line));
    if (fault === undefined) return undefined;
    const met = (this.#met.get(fault) ?? 0) + 1;
    this.#met.set(fault, met);
    const { after = 0, times = Number.POSITIVE_INFINITY } = fault;
    // One that is over makes room for the next.
    if (met === after + times) this.faults.splice(this.faults.indexOf(fault), 1);
    return met > after ? fault : undefined;
  }

  #route(response: ServerResponse, line: string, url: URL, body: string): void {
    const [, method, comment] = /^(PATCH|DELETE) \/repos\/o\/r\/issues\/comments\/(\d+)$/.exec(line) ?? [];
    if (method === 'PATCH') this.#update(response, Number(comment), body);
    else if (method === 'DELETE') this.#delete(response, Number(comment));
    else if (/^[A-Z]+ \/repos\/o\/r\/issues(\/1\d\d(\/comments)?)?$/.test(line)) this.#issue(response, line, url, body);
    else if (line === 'GET /repos/o/r/issues/7/comments') this.#list(response, url);
    else if (line === 'POST /repos/o/r/issues/7/comments') this.#create(response, body);
    else if (line === 'GET /repos/o/r/pulls') {
      reply(
        response,
        200,
        this.pulls.filter(({ head }) => head.label === url.searchParams.get('head')),
      );
    } else if (line.startsWith('GET /repos/o/r/contents/')) this.#content(response, url);
    else if (line.startsWith('GET /repos/o/r/git/commits/') && this.canRead) reply(response, 200, {});
    else if (line === 'GET /user') this.#user(response);
    else if (line === 'POST /graphql' && this.hasGraphql) this.#graphql(response, body);
    else reply(response, 404, { message: 'Not Found' });
  }

  #list(response: ServerResponse, url: URL): void {
    const size = Math.min(Number(url.searchParams.get('per_page') ?? 30), 100);
    const page = Number(url.searchParams.get('page') ?? 1);
    const since = url.searchParams.get('since') ?? '';
    const comments = this.comments.filter(({ created_at }) => created_at >= since);
    const last = Math.max(1, Math.ceil(comments.length / size));
    const link = (to: number, rel: string): string => {
      const target = new URL(url);
      target.searchParams.set('page', String(to));
      return `<${target}>; rel="${rel}"`;
    };
    const links = page < last ? { link: `${link(page + 1, 'next')}, ${link(last, 'last')}` } : {};
    reply(response, 200, comments.slice((page - 1) * size, page * size), links);
  }

  #create(response: ServerResponse, text: string): void {
    const body = bodyOf(response, text);
    if (body === null) return;
    reply(response, 201, this.addComment(body, LOGINS[this.token], this.token === 'person' ? 'User' : 'Bot'));
  }

  #update(response: ServerResponse, id: number, text: string): void {
    const comment = this.comments.find((candidate) => candidate.id === id);
    const body = bodyOf(response, text);
    if (body === null) return;
    if (comment) comment.body = body;
    if (comment) reply(response, 200, comment);
    else reply(response, 404, { message: 'Not Found' });
  }

  /** Issues have numbers from 100 on. Bodies as docs.github.com has them ("Create an issue", "Update an issue"). */
  #issue(response: ServerResponse, line: string, url: URL, text: string): void {
    const [, number, comments] = /issues(?:\/(\d+)(\/comments)?)?$/.exec(line) ?? [];
    const issue = this.issues.find((candidate) => candidate.number === Number(number));
    if (line.startsWith('GET') && number === undefined) {
      const label = url.searchParams.get('labels') ?? '';
      reply(
        response,
        200,
        this.issues.filter(({ state, labels }) => state === 'open' && labels.includes(label)),
      );
    } else if (line.startsWith('POST') && number === undefined) {
      const given = z
        .strictObject({ title: z.string().min(1), body: z.string().max(MAX_BODY), labels: z.array(z.string()) })
        .parse(JSON.parse(text));
      const user = { login: LOGINS[this.token], type: 'Bot' as const };
      const id = 100 + this.issues.length;
      const created = {
        ...given,
        number: id,
        state: 'open',
        comments: [],
        user,
        html_url: `https://github.com/o/r/issues/${id}`,
      };
      this.issues.push(created);
      reply(response, 201, created);
    } else if (issue && comments) {
      issue.comments.push(bodySchema.parse(JSON.parse(text)).body);
      reply(response, 201, {});
    } else if (issue && line.startsWith('PATCH')) {
      issue.state = z.strictObject({ state: z.string(), state_reason: z.string() }).parse(JSON.parse(text)).state;
      reply(response, 200, issue);
    } else reply(response, 404, { message: 'Not Found' });
  }

  #content(response: ServerResponse, url: URL): void {
    const path = decodeURIComponent(url.pathname.slice('/repos/o/r/contents/'.length));
    const text = this.canRead ? this.files.get(`${url.searchParams.get('ref')}:${path}`) : undefined;
    if (text === undefined) reply(response, 404, { message: 'Not Found' });
    else {
      response.writeHead(200, { 'content-type': 'application/vnd.github.raw; charset=utf-8' });
      response.end(text);
    }
  }

  #delete(response: ServerResponse, id: number): void {
    const at = this.comments.findIndex((candidate) => candidate.id === id);
    if (at >= 0) this.comments.splice(at, 1);
    if (at >= 0) response.writeHead(204).end();
    else reply(response, 404, { message: 'Not Found' });
  }

  #user(response: ServerResponse): void {
    if (this.token === 'person') reply(response, 200, { login: LOGINS.person, type: 'User' });
    else reply(response, 403, { message: 'Resource not accessible by integration' });
  }

  #graphql(response: ServerResponse, text: string): void {
    const { query } = z.looseObject({ query: z.string() }).parse(JSON.parse(text));
    if (query.replace(/\s/g, '') === '{viewer{login}}')
      reply(response, 200, { data: { viewer: { login: LOGINS[this.token] } } });
    else reply(response, 400, { message: 'unknown query' });
  }
}

/** The text of a comment; null, and the answer is given, where GitHub would refuse it. */
function bodyOf(response: ServerResponse, text: string): string | null {
  const { success, data, error } = bodySchema.safeParse(JSON.parse(text));
  if (success) return data.body;
  reply(response, 422, { message: `Validation Failed: ${error.message}` });
  return null;
}

/** What is answered from now on does not arrive whole. */
function breakOff(response: ServerResponse, how: 'lost' | 'torn' | 'stalls'): void {
  const { socket } = response;
  response.end = () => {
    if (how === 'lost') socket?.destroy();
    else response.write('{"message": "half of', () => how === 'torn' && socket?.destroy());
    return response;
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function reply(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(body));
}
