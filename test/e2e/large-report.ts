import { stat } from 'node:fs/promises';
import { expect } from 'vitest';
import { levels, type Rig, WEIGHTS } from './rig.ts';
import { writeTinyCheckpoint } from './tiny-checkpoint.ts';

const MAX_SUMMARY_BYTES = 1024 * 1024;

/**
 * Gate a checkpoint with a finding in every layer, and expect that GitHub accepts everything that is published.
 * @returns the size of the report in bytes
 */
export async function sizeOfLargeReport(rig: Rig, layers: number): Promise<number> {
  await writeTinyCheckpoint(rig.path('large'), {
    layers,
    edit: (name, values) => {
      if (name.includes('q_proj')) values[7] = Number.NaN;
    },
  });
  const outcome = await rig.gate({ ...WEIGHTS, checkpoint: 'large' });
  expect(outcome.outputs.verdict, outcome.log.slice(0, 10_000)).toBe('fail');
  expect(rig.github.comments[0]?.body.length).toBeGreaterThan(1000);
  expect(Buffer.byteLength(outcome.summary)).toBeLessThan(MAX_SUMMARY_BYTES);
  expect(levels(outcome)).toEqual(['error']);
  return (await stat(outcome.outputs.report ?? '')).size;
}
