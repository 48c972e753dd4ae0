import type { Metrics } from '@shadow-gate/spectra/metrics-schema';
import { describe, expect, it } from 'vitest';
import { fixture, readJson } from '../fixtures.ts';
import { measurePath } from '../measure/measure-path.ts';
import { decisiveReasons, runGate } from './run-gate.ts';

/** Made by test/fixtures/make_ranks.py. */
const file = (name: string) => fixture('ranks', `${name}.safetensors`);
const Q = 'model.layers.0.self_attn.q_proj.weight';
const POSITIONS = 'model.embed_positions.weight';
type Counts = Pick<Metrics, 'rank' | 'rankAt1e-2'>;
const expected = readJson<Record<string, Record<string, Counts>>>(fixture('ranks', 'expected.json'));

const reportOn = async (checkpoint: string, baseline: string) =>
  (await runGate({ checkpoint: file(checkpoint), baseline: file(baseline), only: 'spectra' })).report;

describe('directions that are lost', () => {
  it.each(Object.entries(expected))('numpy counts as many singular values: %s', async (name, counts) => {
    const { tensors } = await measurePath({ checkpoint: file(name), device: 'cpu' });
    for (const [tensor, { rank, 'rankAt1e-2': strong }] of Object.entries(counts)) {
      const found = tensors.find((one) => one.name === tensor)?.metrics;
      expect({ rank: found?.rank, strong: found?.['rankAt1e-2'] }, tensor).toEqual({ rank, strong });
    }
  });

  it('weight decay of weak directions, and of the positions that no input has, is not a loss', async () => {
    const report = await reportOn('decayed', 'before');
    expect(expected.decayed?.[Q]?.rank).toBeLessThan(expected.before?.[Q]?.rank ?? 0);
    expect(decisiveReasons(report)).toEqual([]);
    expect(report.verdict).toBe('pass');
    expect(report.findings).toEqual([
      { kind: 'zero-rows', level: 'info', tensor: POSITIONS, candidate: 2, baseline: 0, rows: 12 },
    ]);
  });

  it.each(['f32', 'bf16', 'f16'])(
    'a matrix of rank 12 in place of 32 is a loss, whatever the dtype: %s',
    async (dtype) => {
      const report = await reportOn(`truncated-${dtype}`, `whole-${dtype}`);
      expect(report.verdict).toBe('warn');
      expect(report.findings).toEqual([{ kind: 'rank-loss', level: 'warn', tensor: Q, candidate: 12, baseline: 32 }]);
    },
  );

  it.each(['bf16', 'f16'])('rounding to 16 bits alone is not a loss: %s', async (dtype) => {
    expect((await reportOn(`whole-${dtype}`, 'whole-f32')).findings).toEqual([]);
  });
});
