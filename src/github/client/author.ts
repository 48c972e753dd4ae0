import type { getOctokit } from '@actions/github';
import { isRateLimit, statusOf } from './errors.ts';

export type Octokit = ReturnType<typeof getOctokit>;

/** Whom the token writes as. Without a login: some app, since people's tokens can always ask who they are. */
export interface Author {
  readonly login: string | null;
}

/**
 * Whom a token writes as. `GET /user` knows people and refuses the tokens of apps, GITHUB_TOKEN among them. GraphQL's
 * `viewer` knows both, but not on every GitHub server.
 * @throws if GitHub had trouble answering: a guess could then make a second comment
 */
export async function authorOf(octokit: Octokit): Promise<Author> {
  const user = await octokit.rest.users.getAuthenticated().catch(refused);
  if (user !== null) return { login: user.data.login };
  const answer = await octokit.graphql<{ viewer: { login: string } }>('{ viewer { login } }').catch(refused);
  return { login: answer?.viewer.login ?? null };
}

function refused(error: unknown): null {
  const status = statusOf(error);
  const isAnswer = status === null ? error instanceof Error && error.name === 'GraphqlResponseError' : status < 500;
  if (isAnswer && !isRateLimit(error)) return null;
  throw error;
}

/** REST says `name[bot]` where GraphQL may say `name`; only an app's comment counts as an app's. */
export function isBy(user: { readonly login: string; readonly type: string }, { login }: Author): boolean {
  if (login === null) return user.type === 'Bot';
  return user.login === login || (user.type === 'Bot' && user.login === `${login}[bot]`);
}
