import { styleText } from 'node:util';
import { describeError, UserError } from '@shadow-gate/platform';
import { printable } from '../../report/escape.ts';
import type { TerminalOptions } from '../../report/terminal/index.ts';
import { inWidth } from '../init/say.ts';

export interface Diagnosis {
  readonly name: string;
  readonly status: 'ok' | 'warning' | 'problem';
  readonly text: string;
  /** What to do; null if nothing. */
  readonly fix: string | null;
}

export type DoctorFinding = Omit<Diagnosis, 'name'>;

export const ok = (text: string): DoctorFinding => ({ status: 'ok', text, fix: null });
export const warning = (text: string, fix: string): DoctorFinding => ({ status: 'warning', text, fix });
export const problem = (text: string, fix: string): DoctorFinding => ({ status: 'problem', text, fix });

/** Checks by name, in order. Null: nothing to check. */
export type DoctorChecks = Readonly<Record<string, () => Promise<DoctorFinding | null>>>;

/** Run the checks in order. A check that throws is a problem, and the others go on. */
export async function runChecks(checks: DoctorChecks, onDone: (diagnosis: Diagnosis) => void): Promise<Diagnosis[]> {
  const done: Diagnosis[] = [];
  for (const [name, run] of Object.entries(checks)) {
    const finding = await run().catch(broken);
    if (finding === null) continue;
    done.push({ name, ...finding });
    onDone({ name, ...finding });
  }
  return done;
}

function broken(error: unknown): DoctorFinding {
  if (error instanceof UserError) return problem(error.problem, error.hint);
  return problem(`this check failed: ${describeError(error).message}`, 'fix that if you can, and report it otherwise');
}

/** Do some work once for several checks, each of which gets its result or its error. */
export function shared<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | null = null;
  return () => {
    result ??= work();
    return result;
  };
}

const MARKS = { ok: '✔', warning: '▲', problem: '✘' } as const;
const COLORS = { ok: 'green', warning: 'yellow', problem: 'red' } as const;

const LONGEST = 1000;

/** A check, broken at the width of the terminal, with the fix below it. */
export function renderDiagnosis({ name, status, text, fix }: Diagnosis, { color, width }: TerminalOptions): string {
  const line = inWidth(`${MARKS[status]} ${name}: ${printable(text, LONGEST)}`, width);
  const painted = color ? styleText(COLORS[status], MARKS[status], { validateStream: false }) + line.slice(1) : line;
  if (fix === null) return painted;
  const hint = inWidth(printable(fix, LONGEST), width - ARROW.length);
  return `${painted}\n${ARROW}${hint.replaceAll('\n', `\n${' '.repeat(ARROW.length)}`)}`;
}

const ARROW = '  → ';

export function renderDoctorSummary(all: readonly Diagnosis[]): string {
  const count = (wanted: Diagnosis['status']) => {
    const number = all.filter(({ status }) => status === wanted).length;
    return `${number} ${wanted}${number === 1 ? '' : 's'}`;
  };
  const warned = count('warning') === '0 warnings' ? '' : `, ${count('warning')}`;
  return `${count('problem') === '0 problems' ? '✔ everything can work' : `✘ ${count('problem')}`}${warned}`;
}
