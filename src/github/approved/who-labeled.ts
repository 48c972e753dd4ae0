import { describeGithubError, requestErrorStatus } from '../client/errors.ts';
import { isSameName } from '../client/same-name.ts';
import type { Octokit, PullRequest, Repository } from '../client/types.ts';

/** The person who put a label on a pull request, if allowed to write to the repository; else why it does not count. */
type Labeled = { readonly login: string; readonly at: string } | { readonly refused: string };

/** Permissions to merge. GitHub calls `maintain` write here, and `triage` read. */
const MAY_WRITE: readonly string[] = ['admin', 'write'];

/**
 * Who put a label on a pull request that has it now. The label in an event is not enough: people who may only triage
 * set it, and an app may set it for the author of a change. Never throws: without GitHub's answer it does not count.
 */
export async function whoLabeled(
  octokit: Octokit | null,
  { owner, repo, number }: PullRequest,
  label: string,
): Promise<Labeled> {
  if (octokit === null)
    return { refused: 'the input github-token is empty, so that nobody can be asked who put it there' };
  try {
    const events = await octokit.paginate(octokit.rest.issues.listEvents, {
      owner,
      repo,
      issue_number: number,
      per_page: 100,
    });
    const last = events.findLast(
      (event) =>
        (event.event === 'labeled' || event.event === 'unlabeled') &&
        'label' in event &&
        isSameName(event.label.name, label),
    );
    if (last?.event !== 'labeled') return { refused: 'GitHub does not say who put it there' };
    if (!last.actor) return { refused: 'the account that put it there no longer exists' };
    const { login, type } = last.actor;
    if (type !== 'User') return { refused: `${login} is not a person: a label set by an app does not count` };
    const permission = await permissionOf(octokit, { owner, repo, username: login });
    if (MAY_WRITE.includes(permission)) return { login, at: last.created_at };
    return { refused: `${login}, who put it there, has ${permission} access and not write access` };
  } catch (error) {
    return { refused: `GitHub does not say who put it there: ${describeGithubError(error)}` };
  }
}

interface Labeling {
  readonly login: string;
  readonly pullRequest: number;
  readonly time: string;
}

/** The labelings by people who may write, newest first. @throws if GitHub does not answer */
export async function labelingsSince(
  octokit: Octokit,
  repository: Repository,
  { label, since }: { readonly label: string; readonly since: string },
): Promise<Labeling[]> {
  const events = await octokit.paginate(
    octokit.rest.issues.listEventsForRepo,
    { ...repository, per_page: 100 },
    ({ data }, done) => {
      const newer = data.filter(({ created_at }) => Date.parse(created_at) > Date.parse(since));
      if (newer.length < data.length) done();
      return newer;
    },
  );
  const found: Labeling[] = [];
  for (const { event, label: its, actor, issue, created_at } of events) {
    if (event !== 'labeled' || !isSameName(its?.name ?? '', label) || actor?.type !== 'User' || !issue) continue;
    const permission = await permissionOf(octokit, { ...repository, username: actor.login });
    if (MAY_WRITE.includes(permission)) found.push({ login: actor.login, pullRequest: issue.number, time: created_at });
  }
  return found;
}

type Person = Parameters<Octokit['rest']['repos']['getCollaboratorPermissionLevel']>[0] & object;

async function permissionOf(octokit: Octokit, person: Person): Promise<string> {
  try {
    const { data } = await octokit.rest.repos.getCollaboratorPermissionLevel(person);
    return data.permission;
  } catch (error) {
    if (requestErrorStatus(error) === 404) return 'no';
    throw error;
  }
}
