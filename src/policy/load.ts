import { existsSync } from 'node:fs';
import { UserError } from '@shadow-gate/platform';
import { readTextFile, sha256 } from '@shadow-gate/platform/files';
import { type Position, parseYaml } from '@shadow-gate/platform/yaml';
import type { z } from 'zod';
import { DEFAULT_POLICY, effectiveRules, type Policy, policySchema } from './policy.ts';

export const DEFAULT_FILE = 'shadow-gate.yml';

/** A policy and where it came from; a path of null means the defaults. */
export interface ResolvedPolicy {
  readonly policy: Policy;
  readonly policyPath: string | null;
  /** `sha256:` and 64 hexadecimal digits; missing for the defaults. */
  readonly policyDigest?: string | undefined;
  /** Approved versions, by names in the policy and absolute paths: the checkout may have others. */
  readonly probeFiles?: ReadonlyMap<string, string> | undefined;
}

/** The named file, else `shadow-gate.yml` in the working directory, else the defaults. @throws UserError with line */
export async function findPolicy(named: string | undefined): Promise<ResolvedPolicy> {
  const policyPath = named ?? (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : null);
  return policyPath === null ? { policy: DEFAULT_POLICY, policyPath } : loadPolicy(policyPath);
}

/** A policy for a change that is declared for one check. */
export function expecting(resolved: ResolvedPolicy, expect: Policy['expect']): ResolvedPolicy {
  return expect === undefined ? resolved : { ...resolved, policy: { ...resolved.policy, expect } };
}

async function loadPolicy(file: string): Promise<ResolvedPolicy> {
  const text = await readTextFile(file, 'policy');
  if (text === null) {
    const hint = 'give an existing file, or leave the option out for the defaults';
    throw new UserError(`policy ${file} does not exist`, hint);
  }
  return { ...resolvePolicy(text, file), policyPath: file };
}

/** A policy with the digest of its text. @throws as `parsePolicy` does */
export function resolvePolicy(text: string, file: string): Pick<ResolvedPolicy, 'policy' | 'policyDigest'> {
  return { policy: parsePolicy(text, file), policyDigest: `sha256:${sha256(text)}` };
}

/** @throws UserError with file, line and column of the first mistake */
export function parsePolicy(text: string, file: string): Policy {
  const policy = parseYaml(text, policySchema, { mistake: (at, what) => mistake(file, at, what), innermost });
  return expectEffect(policy, file);
}

/** A pass under a policy that can neither warn nor fail says nothing. @throws UserError for such a policy */
function expectEffect(policy: Policy, file: string): Policy {
  const spectral = [policy.spike, policy['non-finite'], policy['rank-loss'], ...effectiveRules(policy)];
  const behavioral = [policy['twin-accuracy'], policy['shadow-delta'], policy.retention];
  const checks = policy.probes.length > 0 ? [...spectral, ...behavioral] : spectral;
  if (checks.some(({ level }) => level !== 'info')) return policy;
  throw new UserError(
    `policy ${file}: every check that would run has the level info, so that nothing could ever fail`,
    'set a level to warn or fail; to report without failing the step, use fail-on: never',
  );
}

function mistake(file: string, at: Position | undefined, what: string): UserError {
  return new UserError(`policy ${file}${at ? `:${at.line}:${at.col}` : ''}: ${what}`, 'see docs/reference/policy.md');
}

/** If no form of a union fits, but one failed only in a field, that field is the mistake. */
function innermost(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue;
  const inner = issue.errors.flatMap((errors) => errors.filter(({ path }) => path.length > 0).slice(0, 1))[0];
  // Without a file it is not a suite at all: then the list of forms is the better message.
  return inner && !inner.path.includes('file') ? { ...inner, path: [...issue.path, ...inner.path] } : issue;
}
