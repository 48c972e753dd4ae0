import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { UserError } from '../platform/user-error.ts';
import type { ResolvedPolicy } from '../policy/load.ts';
import type { SuiteChoice } from '../policy/probe-policy.ts';
import { readProbeFile } from '../probes/files/read.ts';
import { BUILTIN, builtinSuite, DEFAULT_MAX_NEW_TOKENS, digestItems, type Suite } from '../probes/suite.ts';

/**
 * The suites that a policy lists. Files are searched next to the policy, then in the working directory.
 * @throws UserError for a missing or invalid file, and for two suites with the same name
 */
export async function loadSuites(resolved: ResolvedPolicy, seed: number): Promise<Suite[]> {
  const suites: Suite[] = [];
  for (const choice of resolved.policy.probes) {
    const suite = await loadSuite(choice, resolved, seed);
    if (suites.some(({ name }) => name === suite.name)) {
      throw new UserError(`probes: two suites have the name ${JSON.stringify(suite.name)}`, 'rename one of the files');
    }
    suites.push(suite);
  }
  return suites;
}

async function loadSuite(
  choice: SuiteChoice,
  { policyPath, probeFiles }: ResolvedPolicy,
  seed: number,
): Promise<Suite> {
  const { file, scoring, 'max-new-tokens': maxNewTokens } = typeof choice === 'string' ? { file: choice } : choice;
  if (file === BUILTIN) return builtinSuite(seed);
  const path = probeFiles?.get(file) ?? (await findFile(file, policyPath));
  const { items, seeded, warnings } = await readProbeFile(path, {
    seed,
    ...(scoring === undefined ? {} : { scoring }),
  });
  const tokens = maxNewTokens ?? DEFAULT_MAX_NEW_TOKENS;
  return {
    name: basename(file),
    version: null,
    digest: digestItems(items, tokens),
    warnings,
    seed: seeded ? seed : null,
    items,
    size: items.length,
    path,
    maxNewTokens: tokens,
  };
}

async function findFile(file: string, policyPath: string | null): Promise<string> {
  const candidates = [...new Set([resolve(policyPath === null ? '.' : dirname(policyPath), file), resolve(file)])];
  for (const candidate of candidates) {
    const info = await stat(candidate).catch(() => null);
    if (info?.isFile()) return candidate;
  }
  const hint = file.includes('.') ? 'give its path relative to the policy' : `give the path of a file, or ${BUILTIN}`;
  throw new UserError(`probes: file ${JSON.stringify(file)} not found`, hint);
}
