/**
 * The size of a simulation: in full at night (`npm run test:nightly`); with each change, a part that finds a defect in
 * seconds.
 */
export function fullSize(full: number, part: number): number {
  return process.env.TEST_NIGHTLY === '1' ? full : part;
}
