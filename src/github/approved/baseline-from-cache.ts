import { UserError } from '@shadow-gate/platform';
import type { ResolvedBaseline } from '../../gate/read-baseline.ts';
import { type Measurement, measurementText, parseMeasurement } from '../../measure/schema/index.ts';
import { shortSha } from '../../report/text/index.ts';
import { describeGithubError } from '../client/errors.ts';
import type { ActionsCache } from '../storage/actions-cache.ts';

/**
 * The newest measurement of a run on the default branch. GitHub deletes entries that are unused for a week.
 * @throws UserError if there may be one that cannot be read: to judge without a baseline would be a guess
 */
export async function baselineFromCache(cache: ActionsCache | null, slug: string): Promise<ResolvedBaseline> {
  if (cache === null) {
    throw new UserError('the policy says baseline: cache, and the input cache is off', 'change one of them');
  }
  const name = `the newest measurement of ${slug} in the cache`;
  const hit = await cache.newest(prefixOf(slug)).catch((error: unknown) => {
    throw new UserError(
      `the baseline, ${name}, could not be read: ${describeGithubError(error)}`,
      `add \`permissions: actions: read\` to the job, run it again later, or delete the caches ${prefixOf(slug)}*`,
    );
  });
  if (hit === null) return { kind: 'missing', name, note: 'there is no baseline in the cache' };
  const [, commit] = /\/([0-9a-f]{40})-\d+-\d+$/.exec(hit.key) ?? [];
  try {
    if (commit === undefined) throw new UserError(`its key ${hit.key} has no commit`, 'delete it');
    const measurement = parseMeasurement(hit.text, name);
    const note = `baseline: ${name}, from commit ${shortSha(commit)}`;
    return { kind: 'measurement', measurement, commit, name, note };
  } catch (error) {
    // An entry of another version must not block until GitHub deletes it.
    return { kind: 'missing', name, note: `no baseline: ${(error as Error).message}` };
  }
}

export async function setBaseline(
  cache: ActionsCache,
  slug: string,
  measurement: Measurement,
  from: { readonly commit: string; readonly runId: number; readonly attempt: number },
): Promise<void> {
  const key = `${prefixOf(slug)}${from.commit}-${from.runId}-${from.attempt}`;
  await cache.set(key, measurementText(measurement));
}

/** A slug has no slash, so that one prefix never begins another. */
const prefixOf = (slug: string): string => `shadow-gate-baseline/${slug}/`;
