import type { Answer } from '../../github/fake/http.ts';

export function ok(body: object): Answer {
  return { status: 200, body };
}

/** The form of an error of twirp; unlike GitHub's API it says `msg`. */
export function twirpError(status: number, code: string, msg: string): Answer {
  return { status, body: { code, msg } };
}
