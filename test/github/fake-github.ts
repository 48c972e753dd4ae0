import { z } from 'zod';
import type { ResultsService } from '../e2e/results-service.ts';
import { attestationRoutes } from './fake/attestations.ts';
import { checkRoutes, type StoredCheckRun } from './fake/checks.ts';
import {
  conversationRoutes,
  type StoredComment,
  type StoredIssue,
  type StoredLabeling,
  type User,
} from './fake/conversation.ts';
import { type Answer, answerOf, type Call, NOT_FOUND, refusal } from './fake/http.ts';
import { pullRoutes, type StoredPull } from './fake/pulls.ts';
import { BASE_SHA, type Mode, Repository } from './fake/repository.ts';
import { mistakeIn } from './fake/request-validation.ts';
import { runRoutes, type StoredRun } from './fake/runs.ts';
import { FakeServer, type Received } from './fake/server.ts';

export type { Fault } from './fake/faults.ts';

/** Who owns the client's token: decides how GitHub answers "who am I". */
export type TokenKind = 'actions' | 'app' | 'person';

const LOGINS: Readonly<Record<TokenKind, string>> = {
  actions: 'github-actions[bot]',
  app: 'gate-app[bot]',
  person: 'maintainer',
};

/**
 * The part of GitHub's API that the action needs, in memory, for one repository, `o/r`. Tests set up its state and read
 * it.
 */
export class FakeGithub extends FakeServer {
  /** The comments on `o/r#7`. */
  readonly comments: StoredComment[] = [];
  /** Files of commits, by `SHA:path`. */
  readonly files = new Map<string, string>();
  /**
   * Entries that are not plain files, by the same names. The text of a link is its target; the text of a submodule is
   * its commit.
   */
  readonly modes = new Map<string, Mode>();
  /** Commits of refs, by `heads/main`. */
  readonly refs = new Map([['heads/main', BASE_SHA]]);
  readonly pulls: StoredPull[] = [];
  /**
   * Requests that GitHub's description of its API does not allow, or that this fake does not implement, and why. A test
   * ends with `expect(github.invalid).toEqual([])`.
   */
  readonly invalid: string[] = [];
  /** Issues, with their comments. */
  readonly issues: StoredIssue[] = [];
  /** Runs of workflows. The artifact of a run that is not here has no run. */
  readonly runs: StoredRun[] = [];
  readonly checkRuns: StoredCheckRun[] = [];
  /** What happened to the labels of `o/r#7`, oldest first. */
  readonly labelings: StoredLabeling[] = [];
  /** Permissions of people, by their logins; others have none. */
  readonly permissions = new Map<string, string>();
  /** `permissions: checks: write`, which few jobs give. */
  canWriteChecks = true;
  /** The bundles that it was given. */
  readonly attestations: Array<Readonly<Record<string, unknown>>> = [];
  /** `permissions: attestations: write`. */
  canWriteAttestations = true;
  /** Where its artifacts and caches are. */
  results: ResultsService | null = null;
  defaultBranch = 'main';
  /** Whether the token may read the repository. */
  canRead = true;
  /** Whether the token may change anything. The token of a pull request from a fork may not. */
  canWrite = true;
  /** A setting of the repository that limits the token of its workflows. */
  mayOpenPullRequests = true;
  hasGraphql = true;
  readonly token: TokenKind;
  readonly #routes = [
    ...attestationRoutes(this),
    ...checkRoutes(this),
    ...conversationRoutes(this),
    ...runRoutes(this),
    ...pullRoutes(this),
    ...new Repository(this).routes,
  ];
  #nextId = 1;

  constructor(token: TokenKind = 'actions') {
    super();
    this.token = token;
  }

  /** The author of what the client writes. */
  get user(): User {
    return { login: LOGINS[this.token], type: this.token === 'person' ? 'User' : 'Bot' };
  }

  /** A comment by somebody else. */
  addComment(body: string, login: string, type: 'Bot' | 'User' = 'User'): StoredComment {
    const id = this.#nextId++;
    const html_url = `https://github.com/o/r/pull/7#issuecomment-${id}`;
    const comment = { id, body, html_url, created_at: new Date().toISOString(), user: { login, type } };
    this.comments.push(comment);
    return comment;
  }

  /** Requests that could change something, without those for check runs, which every run makes. */
  get writes(): string[] {
    return this.requests.filter((request) =>
      /^(POST|PATCH|PUT|DELETE) \/repos(?!.*\/check-runs(?:\/\d+)?$)/.test(request),
    );
  }

  // An Enterprise server has REST under `/api/v3`, and GraphQL under `/api/graphql`.
  protected override pathOf(pathname: string): string {
    return pathname.replace(/^\/api(\/v3)?(?=\/)/, '');
  }

  protected override check(received: Received): Answer | null {
    const call = callOf(received);
    const mistake = /^\/(repos|user)\b/.test(call.path) ? mistakeIn(call) : null;
    if (mistake === null) return null;
    this.invalid.push(mistake);
    return refusal(422, `Validation Failed: ${mistake}`);
  }

  protected override answer(received: Received): Answer {
    const { line, request } = received;
    const call = callOf(received);
    if (!/^(token|bearer) ./i.test(request.headers.authorization ?? '')) return refusal(401, 'Requires authentication');
    if (line === 'GET /user') return this.#whoAmI();
    if (line === 'POST /graphql') return this.hasGraphql ? this.#graphql(call.json) : NOT_FOUND;
    if (!this.canWrite && call.method !== 'GET') return refusal(403, 'Resource not accessible by integration');
    const answer = answerOf(this.#routes, call);
    if (answer === null) this.invalid.push(`${line}: the fake GitHub does not know this`);
    return answer ?? NOT_FOUND;
  }

  #whoAmI(): Answer {
    if (this.token === 'person') return { status: 200, body: this.user };
    return refusal(403, 'Resource not accessible by integration');
  }

  #graphql(json: unknown): Answer {
    const { query } = z.looseObject({ query: z.string() }).parse(json);
    if (query.replace(/\s/g, '') !== '{viewer{login}}') return refusal(400, 'unknown query');
    return { status: 200, body: { data: { viewer: { login: LOGINS[this.token] } } } };
  }
}

function callOf({ line, url, request, bytes }: Received): Call {
  const [method = '', path = ''] = line.split(' ');
  const text = bytes.toString('utf8');
  const json = text === '' ? undefined : (JSON.parse(text) as unknown);
  return { method, path, url, json, accept: request.headers.accept ?? '' };
}
