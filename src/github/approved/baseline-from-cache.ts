import type { ResolvedBaseline } from '../../gate/read-baseline.ts';
import type { Measurement } from '../../measure/schema/measurement.ts';
import { parseMeasurement } from '../../measure/schema/read.ts';
import { UserError } from '../../platform/user-error.ts';
import type { ActionsCache } from '../storage/actions-cache.ts';
import { short } from './read-at-commit.ts';

/**
 * The newest measurement that a run on the default branch has left in the cache, as the baseline: only where a policy wants
 * that. GitHub drops entries that nobody has used for a week, and then there is none.
 * @param folder of the key
 * @param cache null where it is off
 * @throws UserError where there may be one that cannot be read: judging by nothing would be a guess
 */
export async function cachedBaseline(cache: ActionsCache | null, folder: string): Promise<ResolvedBaseline> {
  if (cache === null) {
    throw new UserError('the policy says baseline: cache, and the input cache is off', 'change one of them');
  }
  const called = `the newest measurement of ${folder} in the cache`;
  const hit = await cache.newest(prefixOf(folder)).catch((error: Error) => {
    throw new UserError(
      `the baseline, ${called}, could not be read: ${error.message.replace(/\s+/g, ' ').slice(0, 200)}`,
      `give the job \`permissions: actions: read\`, run again when GitHub answers, or delete the caches ${prefixOf(folder)}…`,
    );
  });
  if (hit === null) return { kind: 'missing', name: called, note: 'there is no baseline in the cache' };
  const [, commit] = /\/([0-9a-f]{40})-\d+-\d+$/.exec(hit.key) ?? [];
  try {
    if (commit === undefined) throw new UserError(`its key ${hit.key} has no commit`, 'delete it');
    const measurement = parseMeasurement(hit.text, called);
    const note = `baseline: ${called}, of commit ${short(commit)}`;
    return { kind: 'measurement', measurement, commit, name: called, note };
  } catch (error) {
    // One of another version must not stand in the way till it is dropped.
    return { kind: 'missing', name: called, note: `no baseline: ${(error as Error).message}` };
  }
}

/** Leave a measurement as the next baseline. */
export async function keepBaseline(
  cache: ActionsCache,
  folder: string,
  measurement: Measurement,
  { sha, runId, runAttempt }: { sha: string; runId: number; runAttempt: number },
): Promise<void> {
  await cache.set(`${prefixOf(folder)}${sha}-${runId}-${runAttempt}`, JSON.stringify(measurement));
}

/** A folder has no slash: the prefix of one is none of another. */
const prefixOf = (folder: string): string => `shadow-gate-baseline/${folder}/`;
