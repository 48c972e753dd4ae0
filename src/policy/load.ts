import { existsSync } from 'node:fs';
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { readTextFile } from '../platform/read-text-file.ts';
import { UserError } from '../platform/user-error.ts';
import { DEFAULT_POLICY, effectiveRules, type Policy, policySchema } from './policy.ts';

export const DEFAULT_FILE = 'shadow-gate.yml';

/** A policy and where it came from; a path of null means the defaults. */
export interface ResolvedPolicy {
  readonly policy: Policy;
  readonly policyPath: string | null;
  /**
   * Where probe files are to be read, by their names in the policy, if not next to it or in the working directory: the
   * checkout may have another version than the one that was approved.
   */
  readonly probeFiles?: ReadonlyMap<string, string> | undefined;
}

/**
 * The policy to use: the file that is named, else `shadow-gate.yml` in the working directory, else the defaults.
 * @throws UserError with file, line and column
 */
export async function findPolicy(named: string | undefined): Promise<ResolvedPolicy> {
  const policyPath = named ?? (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : null);
  return { policy: policyPath === null ? DEFAULT_POLICY : await loadPolicy(policyPath), policyPath };
}

async function loadPolicy(file: string): Promise<Policy> {
  const text = await readTextFile(file, 'policy');
  if (text === null)
    throw new UserError(
      `policy ${file} does not exist`,
      'give an existing file, or leave the option out for the defaults',
    );
  return parsePolicy(text, file);
}

/**
 * Parse the text of a policy.
 * @param file how errors name it
 * @throws UserError with file, line and column of the first mistake
 */
export function parsePolicy(text: string, file: string): Policy {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, logLevel: 'error' });
  // A warning is a tag that nothing here knows, and the value might not be what a reviewer reads.
  const [syntax] = [...document.errors, ...document.warnings];
  if (syntax) {
    const at = syntax.linePos?.[0];
    throw mistake(file, at, syntax.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? 'not YAML');
  }
  const parsed = policySchema.safeParse(toValue(document, file) ?? {});
  if (parsed.success) return expectEffect(parsed.data, file);
  const [whole] = parsed.error.issues;
  const issue = whole && innermost(whole);
  if (!issue) throw new UserError(`policy ${file} is not valid`, 'see docs/policy.md');
  const offset = offsetOf(document, issue);
  throw mistake(file, offset === null ? undefined : lineCounter.linePos(offset), describe(issue));
}

/** A pass under a policy that can neither warn nor fail would say nothing. @throws UserError for such a policy */
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

/** Aliases are resolved here: an undefined alias, or an alias bomb, is a mistake in the file. */
function toValue(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 10 });
  } catch (error) {
    throw mistake(file, undefined, (error as Error).message);
  }
}

function mistake(file: string, at: { line: number; col: number } | undefined, what: string): UserError {
  return new UserError(`policy ${file}${at ? `:${at.line}:${at.col}` : ''}: ${what}`, 'see docs/policy.md');
}

/** An issue of a union reports that none of its forms fits. If one form failed only in a field, that field is the mistake. */
function innermost(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue;
  const inner = issue.errors.flatMap((errors) => errors.filter(({ path }) => path.length > 0).slice(0, 1))[0];
  // Without a file it is not a suite at all: then the list of forms is the better message.
  return inner && !inner.path.includes('file') ? { ...inner, path: [...issue.path, ...inner.path] } : issue;
}

function describe(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') {
    const inside = issue.path.length > 0 ? ` in ${issue.path.join('.')}` : '';
    return `unknown key ${issue.keys.map((key) => JSON.stringify(key)).join(', ')}${inside}`;
  }
  return issue.path.length > 0 ? `${issue.path.join('.')}: ${issue.message}` : issue.message;
}

/** The offset of the mistake: of the unknown key itself, else of the value, else of the mapping that lacks it. */
function offsetOf(document: Document, issue: z.core.$ZodIssue): number | null {
  const parent = issue.path.length > 0 ? document.getIn(issue.path, true) : document.contents;
  if (issue.code === 'unrecognized_keys' && isMap(parent)) {
    const pair = parent.items.find(({ key }) => isScalar(key) && issue.keys.includes(String(key.value)));
    if (isNode(pair?.key) && pair.key.range) return pair.key.range[0];
  }
  for (let depth = issue.path.length; depth >= 0; depth -= 1) {
    const node = depth === 0 ? document.contents : document.getIn(issue.path.slice(0, depth), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return null;
}
