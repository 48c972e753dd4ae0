import type { IncomingMessage, ServerResponse } from 'node:http';

/** The part of a request that an answer depends on. */
export interface Call {
  readonly method: string;
  /** Without the `/api/v3` of an Enterprise server. */
  readonly path: string;
  readonly url: URL;
  /** Undefined without a body. */
  readonly json: unknown;
  readonly accept: string;
}

export interface Answer {
  readonly status: number;
  /** Sent as JSON; a Buffer as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A pattern such as `GET /repos/o/r/pulls/(\d+)`, and the function that answers, which gets the pattern's groups. */
export type Route = readonly [RegExp, (call: Call, ...parts: string[]) => Answer];

/** The answer of the first route that matches; null if none does. */
export function answerOf(routes: readonly Route[], call: Call): Answer | null {
  for (const [pattern, answer] of routes) {
    const match = pattern.exec(`${call.method} ${call.path}`);
    if (match) return answer(call, ...match.slice(1).map(decodeURIComponent));
  }
  return null;
}

export const NOT_FOUND: Answer = { status: 404, body: { message: 'Not Found' } };

export function refusal(status: number, message: string): Answer {
  return { status, body: { message } };
}

/** One page of a list, by default of 30 items, with links to the others. */
export function pageOf<T>(url: URL, list: readonly T[]): { page: T[]; headers: Record<string, string> } {
  const size = Math.min(Number(url.searchParams.get('per_page') ?? 30), 100);
  const number = Number(url.searchParams.get('page') ?? 1);
  const last = Math.max(1, Math.ceil(list.length / size));
  const link = (to: number, rel: string): string => {
    const target = new URL(url);
    target.searchParams.set('page', String(to));
    return `<${target}>; rel="${rel}"`;
  };
  const headers = number < last ? { link: `${link(number + 1, 'next')}, ${link(last, 'last')}` } : {};
  return { page: list.slice((number - 1) * size, number * size), headers: headers as Record<string, string> };
}

export async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export function reply(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  const bytes = Buffer.isBuffer(body);
  const type = bytes || body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' };
  response.writeHead(status, { ...type, ...headers });
  if (body === undefined) response.end();
  else response.end(bytes ? body : JSON.stringify(body));
}
