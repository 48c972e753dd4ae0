import { z } from 'zod';
import type { FakeGithub } from '../fake-github.ts';
import { type Answer, type Call, NOT_FOUND, pageOf, type Route, refusal } from './http.ts';

export interface User {
  login: string;
  type: 'Bot' | 'User';
}

export interface StoredComment {
  id: number;
  body: string;
  html_url: string;
  created_at: string;
  user: User;
}

export interface StoredIssue {
  number: number;
  title: string;
  body: string;
  state: string;
  html_url: string;
  labels: string[];
  comments: string[];
  user: User;
}

export interface StoredLabeling {
  event: 'labeled' | 'unlabeled';
  label: { name: string };
  actor: User | null;
  created_at?: string;
  issue?: { number: number };
}

/** Limit on the text of a comment, an issue and a pull request; the description of the API does not contain it. */
export const MAX_BODY = 65_536;
// Both bodies take one property (docs.github.com, "Create an issue comment" and "Update an issue comment").
const bodySchema = z.strictObject({ body: z.string().min(1).max(MAX_BODY) });
const issueSchema = z.strictObject({
  title: z.string().min(1),
  body: z.string().max(MAX_BODY),
  labels: z.array(z.string()),
});
const stateSchema = z.strictObject({ state: z.string(), state_reason: z.string() });

/** As GitHub has it: at a time, on the pull request. */
const dated = (labeling: StoredLabeling) => ({
  ...{ created_at: new Date().toISOString(), issue: { number: 7 } },
  ...labeling,
});

/** Comments on `o/r#7`, and issues with numbers from 100 on. */
export function conversationRoutes(github: FakeGithub): readonly Route[] {
  const comment = (id: string) => github.comments.find((candidate) => candidate.id === Number(id));
  const issue = (number: string) => github.issues.find((candidate) => candidate.number === Number(number));
  return [
    [
      /^GET \/repos\/o\/r\/issues\/7\/comments$/,
      ({ url }) => {
        const since = url.searchParams.get('since') ?? '';
        const { page, headers } = pageOf(
          url,
          github.comments.filter(({ created_at }) => created_at >= since),
        );
        return { status: 200, body: page, headers };
      },
    ],
    [
      /^POST \/repos\/o\/r\/issues\/7\/comments$/,
      (call) =>
        withBody(call, (body) => ({
          status: 201,
          body: github.addComment(body, github.user.login, github.user.type),
        })),
    ],
    [
      /^PATCH \/repos\/o\/r\/issues\/comments\/(\d+)$/,
      (call, id = '') =>
        withBody(call, (body) => {
          const found = comment(id);
          return found ? { status: 200, body: Object.assign(found, { body }) } : NOT_FOUND;
        }),
    ],
    [
      /^DELETE \/repos\/o\/r\/issues\/comments\/(\d+)$/,
      (_call, id = '') => {
        const found = comment(id);
        if (!found) return NOT_FOUND;
        github.comments.splice(github.comments.indexOf(found), 1);
        return { status: 204 };
      },
    ],
    [
      /^GET \/repos\/o\/r\/issues\/7\/events$/,
      ({ url }) => {
        const { page, headers } = pageOf(url, github.labelings.map(dated));
        return { status: 200, body: page, headers };
      },
    ],
    [
      // Events of all issues and pull requests, the newest first.
      /^GET \/repos\/o\/r\/issues\/events$/,
      ({ url }) => {
        const { page, headers } = pageOf(url, github.labelings.map(dated).toReversed());
        return { status: 200, body: page, headers };
      },
    ],
    [
      /^GET \/repos\/o\/r\/collaborators\/([^/]+)\/permission$/,
      (_call, login = '') => {
        const permission = github.permissions.get(login);
        return permission === undefined ? NOT_FOUND : { status: 200, body: { permission, role_name: permission } };
      },
    ],
    [
      /^GET \/repos\/o\/r\/issues$/,
      ({ url }) => {
        const label = url.searchParams.get('labels');
        const { page, headers } = pageOf(
          url,
          github.issues.filter(({ state, labels }) => state === 'open' && (label === null || labels.includes(label))),
        );
        return { status: 200, body: page, headers };
      },
    ],
    [
      /^POST \/repos\/o\/r\/issues$/,
      ({ json }) => {
        const number = 100 + github.issues.length;
        const html_url = `https://github.com/o/r/issues/${number}`;
        const given = issueSchema.parse(json);
        const created: StoredIssue = { ...given, number, state: 'open', comments: [], user: github.user, html_url };
        github.issues.push(created);
        return { status: 201, body: created };
      },
    ],
    [
      /^POST \/repos\/o\/r\/issues\/(1\d\d)\/comments$/,
      (call, number = '') =>
        withBody(call, (body) => {
          const found = issue(number);
          found?.comments.push(body);
          return found ? { status: 201, body: {} } : NOT_FOUND;
        }),
    ],
    [
      /^PATCH \/repos\/o\/r\/issues\/(1\d\d)$/,
      ({ json }, number = '') => {
        const found = issue(number);
        if (!found) return NOT_FOUND;
        return { status: 200, body: Object.assign(found, { state: stateSchema.parse(json).state }) };
      },
    ],
  ];
}

/** Calls `write` with the text of a comment, unless GitHub would refuse it. */
function withBody({ json }: Call, use: (body: string) => Answer): Answer {
  const { success, data, error } = bodySchema.safeParse(json);
  return success ? use(data.body) : refusal(422, `Validation Failed: ${error.message}`);
}
