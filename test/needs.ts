import { describe, it } from 'vitest';

/**
 * Tests of something that is not on every machine: run where it is, else skipped with the reason in the title, which the
 * reporter lists at the end of the run (test/skipped-reporter.ts).
 * @param isThere whether this machine has it
 * @param what it is, after "needs"
 */
export function itNeeds(isThere: boolean, what: string): typeof it | typeof it.skip {
  return isThere ? it : (withReason(it.skip, what) as typeof it.skip);
}

export function describeNeeds(isThere: boolean, what: string): typeof describe | typeof describe.skip {
  return isThere ? describe : (withReason(describe.skip, what) as typeof describe.skip);
}

type Register = (name: string, ...rest: never[]) => unknown;

function withReason<T extends Register>(register: T, what: string): Register {
  return (name, ...rest) => register(`${name} [needs ${what}]`, ...rest);
}
