import { describeError, UserError } from '@shadow-gate/platform';

/** What one check of `doctor` found. */
export interface Diagnosis {
  readonly name: string;
  readonly status: 'ok' | 'warning' | 'problem';
  readonly text: string;
  /** What to do; null where nothing is. */
  readonly fix: string | null;
}

/** What a check returns, without its name. */
export type DoctorFinding = Omit<Diagnosis, 'name'>;

export const ok = (text: string): DoctorFinding => ({ status: 'ok', text, fix: null });
export const warning = (text: string, fix: string): DoctorFinding => ({ status: 'warning', text, fix });
export const problem = (text: string, fix: string): DoctorFinding => ({ status: 'problem', text, fix });

/** A check, and what it found: null if there is nothing to check. */
export interface DoctorCheck {
  readonly name: string;
  readonly run: () => Promise<DoctorFinding | null>;
}

/** Run the checks one after the other. A check that breaks is a problem with its reason, and the others go on. */
export async function runChecks(
  checks: readonly DoctorCheck[],
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

function broken(error: unknown): DoctorFinding {
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
