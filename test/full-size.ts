/**
 * Every night simulations have their full size (`npm run test:full`); with each change, a part that finds a defect in
 * minutes.
 */
export function fullSize(full: number, part: number): number {
  return process.env.TEST_FULL === '1' ? full : part;
}
