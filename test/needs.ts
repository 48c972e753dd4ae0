import { describe, it } from 'vitest';

/**
 * Tests of something that is not on every machine: run where it is, else skipped with the reason in the title, which
 * the reporter lists at the end of the run (test/skipped-reporter.ts).
 * @param isThere whether this machine has it
 * @param what it is, after "needs"
 */
export function itNeeds(isThere: boolean, what: string): typeof it | typeof it.skip {
  return isThere ? it : withReason(it.skip, what);
}

export function describeNeeds(isThere: boolean, what: string): typeof describe | typeof describe.skip {
  return isThere ? describe : withReason(describe.skip, what);
}

type Title = string | ((...parameters: never[]) => unknown);
type Register = (title: Title, ...rest: unknown[]) => unknown;

/** The same function, and the one of its `each`, with the reason at the end of every title. */
function withReason<T extends typeof it.skip | typeof describe.skip>(skip: T, what: string): T {
  const reasoned =
    (register: Register): Register =>
    (title, ...rest) =>
      register(`${title} [needs ${what}]`, ...rest);
  const each = skip.each as (...cases: unknown[]) => Register;
  return Object.assign(reasoned(skip as Register), {
    each: (...cases: unknown[]) => reasoned(each.apply(skip, cases)),
  }) as unknown as T;
}
