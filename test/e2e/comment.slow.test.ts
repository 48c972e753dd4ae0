import { expect, it } from 'vitest';
import { sizeOfLargeReport } from './large-report.ts';
import { useRig } from './rig.ts';

const rig = useRig({ hasServices: false });

it('a report of 5 MB becomes a comment and a summary that GitHub accepts, and one annotation', async () => {
  expect(await sizeOfLargeReport(rig, 1600)).toBeGreaterThan(5_000_000);
});
