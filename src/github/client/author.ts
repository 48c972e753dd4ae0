import { isRateLimit, requestErrorStatus } from './errors.ts';
import type { Octokit } from './types.ts';

/** The owner of a token. The login is null for an app that GitHub does not identify. */
export interface Author {
  readonly login: string | null;
}

/**
 * Find out who owns a token. `GET /user` answers for people and refuses the tokens of apps, including GITHUB_TOKEN.
 * GraphQL's `viewer` answers for both, but not on every GitHub server.
 * @throws if GitHub has an error: a guess could lead to a second comment
 */
export async function fetchAuthor(octokit: Octokit): Promise<Author> {
  const user = await octokit.rest.users.getAuthenticated().catch(nullIfRefused);
  if (user !== null) return { login: user.data.login };
  const answer = await octokit.graphql<{ viewer: { login: string } }>('{ viewer { login } }').catch(nullIfRefused);
  return { login: answer?.viewer.login ?? null };
}

function nullIfRefused(error: unknown): null {
  const status = requestErrorStatus(error);
  const isAnswer = status === null ? error instanceof Error && error.name === 'GraphqlResponseError' : status < 500;
  if (isAnswer && !isRateLimit(error)) return null;
  throw error;
}

/** REST calls an app `name[bot]`, and GraphQL may call it `name`; a person of that name is not the app. */
export function isBy(user: { readonly login: string; readonly type: string }, { login }: Author): boolean {
  if (login === null) return user.type === 'Bot';
  return user.login === login || (user.type === 'Bot' && user.login === `${login}[bot]`);
}
