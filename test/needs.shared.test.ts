import { expect, it } from 'vitest';
import { describeNeeds, itNeeds } from './needs.ts';

describeNeeds(false, 'something that no machine has')('a skipped group', () => {
  it('does not run', () => expect.unreachable());
});

itNeeds(false, 'something that no machine has')('a skipped test does not run', () => expect.unreachable());

itNeeds(false, 'something that no machine has').each([1, 2])('a skipped table does not run: %d', () =>
  expect.unreachable(),
);

itNeeds(true, 'nothing').each([1, 2])('a table of what is there runs: %d', (value) => {
  expect(value).toBeGreaterThan(0);
});
