import type { IncomingMessage } from 'node:http';
import { z } from 'zod';

/** A run of a workflow, with what its token allows. */
export interface WorkflowRun {
  readonly runId: number;
  readonly jobId?: string;
  /** The run's own scope, `refs/heads/main` or `refs/pull/7/merge`. */
  readonly ref: string;
  /**
   * Other refs that it restores caches of, in this order: the base branch and the default branch. By default
   * `refs/heads/main`.
   */
  readonly readable?: readonly string[];
  /** False for events that strangers can cause. */
  readonly mayWrite?: boolean;
}

interface Scope {
  readonly ref: string;
  readonly mayRead: boolean;
  readonly mayWrite: boolean;
}

export interface RunToken {
  readonly runId: string;
  readonly jobId: string;
  /** In the order in which caches are looked for. */
  readonly scopes: readonly Scope[];
}

const READ = 1;
const WRITE = 2;

const claimsSchema = z.object({ scp: z.string(), ac: z.string() });
const scopesSchema = z.array(z.object({ Scope: z.string(), Permission: z.number() }));

/** ACTIONS_RUNTIME_TOKEN: an unsigned JWT. */
export function writeToken(run: WorkflowRun): string {
  const { runId, jobId = 'job', ref, readable = ['refs/heads/main'], mayWrite = true } = run;
  const scopes = [
    { Scope: ref, Permission: mayWrite ? READ | WRITE : READ },
    ...readable.filter((other) => other !== ref).map((other) => ({ Scope: other, Permission: READ })),
  ];
  const claims = { scp: `Actions.Results:${runId}:${jobId}`, ac: JSON.stringify(scopes) };
  return [{ alg: 'none', typ: 'JWT' }, claims, {}].map(encode).join('.');
}

/** Null without a token of this format. */
export function readToken(request: IncomingMessage): RunToken | null {
  const payload = /^bearer [^.]+\.([^.]+)\./i.exec(request.headers.authorization ?? '')?.[1];
  if (payload === undefined) return null;
  const { scp, ac } = claimsSchema.parse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
  const [, runId = '', jobId = ''] = scp.split(':');
  const scopes = scopesSchema
    .parse(JSON.parse(ac))
    .map(({ Scope: ref, Permission: bits }) => ({ ref, mayRead: (bits & READ) > 0, mayWrite: (bits & WRITE) > 0 }));
  return { runId, jobId, scopes };
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
