import type { Answer } from '../../github/fake/http.ts';

export function ok(body: object): Answer {
  return { status: 200, body };
}

/** An error in twirp's format, with `msg` where GitHub's API has `message`. */
export function twirpError(status: number, code: string, msg: string): Answer {
  return { status, body: { code, msg } };
}
