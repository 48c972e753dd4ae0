import { at } from '@shadow-gate/platform';

/** The middle one of the times, or the upper one of two. @throws Error for none */
export function middle(times: readonly number[]): number {
  return at(
    times.toSorted((a, b) => a - b),
    Math.floor(times.length / 2),
  );
}
