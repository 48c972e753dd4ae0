import { z } from 'zod';
import type { FakeGithub } from '../fake-github.ts';
import { MAX_BODY, type User } from './conversation.ts';
import { type Answer, NOT_FOUND, pageOf, type Route, refusal } from './http.ts';

/** A pull request. By default it is open, and matches any base branch. */
export interface StoredPull {
  number: number;
  head: { sha: string; label: string; ref?: string; repo?: { id: number } | null };
  base?: { ref: string };
  title?: string;
  body?: string | null;
  state?: string;
  html_url?: string;
  user?: User;
}

const bodySchema = z.string().max(MAX_BODY);
const createSchema = z.object({
  title: z.string().min(1),
  head: z.string(),
  base: z.string(),
  body: bodySchema.nullish(),
});
const updateSchema = z.object({
  title: z.string().min(1).optional(),
  body: bodySchema.nullish(),
  state: z.enum(['open', 'closed']).optional(),
  base: z.string().optional(),
});

/** Pull requests. New ones have numbers from 200 on. */
export function pullRoutes(github: FakeGithub): readonly Route[] {
  const find = (number: string) => github.pulls.find((candidate) => candidate.number === Number(number));
  return [
    [
      /^GET \/repos\/o\/r\/pulls$/,
      ({ url }) => {
        const { head, base, state = 'open' } = Object.fromEntries(url.searchParams);
        const found = github.pulls.filter(
          (pull) =>
            (head === undefined || pull.head.label === head) &&
            (base === undefined || pull.base === undefined || pull.base.ref === base) &&
            (state === 'all' || (pull.state ?? 'open') === state),
        );
        const { page, headers } = pageOf(url, found);
        return { status: 200, body: page.map((pull) => upToDate(github, pull)), headers };
      },
    ],
    [
      /^GET \/repos\/o\/r\/pulls\/(\d+)$/,
      (_call, number = '') => {
        const found = find(number);
        return found ? { status: 200, body: upToDate(github, found) } : NOT_FOUND;
      },
    ],
    [/^POST \/repos\/o\/r\/pulls$/, ({ json }) => open(github, createSchema.parse(json))],
    [
      /^PATCH \/repos\/o\/r\/pulls\/(\d+)$/,
      ({ json }, number = '') => {
        const found = find(number);
        if (!found) return NOT_FOUND;
        const { base, body, ...more } = updateSchema.parse(json);
        Object.assign(
          found,
          more,
          base === undefined ? {} : { base: { ref: base } },
          body === undefined ? {} : { body },
        );
        return { status: 200, body: upToDate(github, found) };
      },
    ],
  ];
}

function open(github: FakeGithub, { title, head, base, body = null }: z.infer<typeof createSchema>): Answer {
  if (!github.mayOpenPullRequests) {
    return refusal(403, 'GitHub Actions is not permitted to create or approve pull requests.');
  }
  const ref = head.replace(/^o:/, '');
  const label = `o:${ref}`;
  const sha = github.refs.get(`heads/${ref}`);
  if (sha === undefined) return refusal(422, 'Validation Failed: {"field":"head","code":"invalid"}');
  const to = github.refs.get(`heads/${base}`);
  if (to === undefined) return refusal(422, 'Validation Failed: {"field":"base","code":"invalid"}');
  if (sha === to) return refusal(422, `Validation Failed: No commits between ${base} and ${ref}`);
  const isOpen = (pull: StoredPull) => pull.head.label === label && (pull.state ?? 'open') === 'open';
  if (github.pulls.some((pull) => isOpen(pull) && pull.base?.ref === base)) {
    return refusal(422, `Validation Failed: A pull request already exists for ${label}.`);
  }
  const number = 200 + github.pulls.length;
  const html_url = `https://github.com/o/r/pull/${number}`;
  const from = { sha, label, ref };
  const pull = { number, head: from, base: { ref: base }, title, body, state: 'open', html_url, user: github.user };
  github.pulls.push(pull);
  return { status: 201, body: pull };
}

/** A pull request of this repository follows its branch. */
function upToDate({ refs }: FakeGithub, pull: StoredPull): StoredPull {
  const { head } = pull;
  const own = head.label.startsWith('o:') ? refs.get(`heads/${head.ref}`) : undefined;
  return { ...pull, head: { ...head, sha: own ?? head.sha } };
}
