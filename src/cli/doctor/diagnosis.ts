import { describeError, UserError } from '../../platform/user-error.ts';

/** What one check of `doctor` found. */
export interface Diagnosis {
  readonly name: string;
  readonly status: 'ok' | 'warning' | 'problem';
  readonly text: string;
  /** What to do; null where nothing is. */
  readonly fix: string | null;
}

/** What a check returns, without its name. */
export type Finding = Omit<Diagnosis, 'name'>;

export const ok = (text: string): Finding => ({ status: 'ok', text, fix: null });
export const warning = (text: string, fix: string): Finding => ({ status: 'warning', text, fix });
export const problem = (text: string, fix: string): Finding => ({ status: 'problem', text, fix });

/** A check, and what it found: null if there is nothing to check. */
export interface Check {
  readonly name: string;
  readonly run: () => Promise<Finding | null>;
}

/** Run the checks one after the other. A check that breaks is a problem with its reason, and the others go on. */
export async function runChecks(
  checks: readonly Check[],
  onDone: (diagnosis: Diagnosis) => void,
): Promise<Diagnosis[]> {
  const done: Diagnosis[] = [];
  for (const { name, run } of checks) {
    const finding = await run().catch(broken);
    if (finding === null) continue;
    const diagnosis = { name, ...finding };
    done.push(diagnosis);
    onDone(diagnosis);
  }
  return done;
}

function broken(error: unknown): Finding {
  if (error instanceof UserError) return problem(error.problem, error.hint);
  return problem(`this check failed: ${describeError(error).message}`, 'fix that if you can, and report it otherwise');
}

/** The result of some work for the checks that need it: what it throws is thrown to each of them. */
export function shared<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | null = null;
  return () => {
    result ??= work();
    return result;
  };
}
