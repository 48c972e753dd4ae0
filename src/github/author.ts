import type { Octokit } from './sticky-comment.ts';

/** Whom the token writes as. Without a login: some app, since people's tokens can always ask who they are. */
export interface Author {
  readonly login: string | null;
}

/**
 * Whom a token writes as. `GET /user` knows people and refuses the tokens of apps, GITHUB_TOKEN among them. GraphQL's
 * `viewer` knows both, but not on every GitHub server.
 */
export async function authorOf(octokit: Octokit): Promise<Author> {
  const login =
    (await octokit.rest.users.getAuthenticated().then(({ data }) => data.login, nobody)) ??
    (await octokit
      .graphql<{ viewer: { login: string } }>('{ viewer { login } }')
      .then(({ viewer }) => viewer.login, nobody));
  return { login };
}

const nobody = (): null => null;

/** REST says `name[bot]` where GraphQL may say `name`; only an app's comment counts as an app's. */
export function isBy(user: { readonly login: string; readonly type: string }, { login }: Author): boolean {
  if (login === null) return user.type === 'Bot';
  return user.login === login || (user.type === 'Bot' && user.login === `${login}[bot]`);
}
