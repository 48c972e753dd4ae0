import { openCheckpointSource } from '@shadow-gate/language-model';
import { UserError } from '@shadow-gate/platform';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { HeldTensors } from '../../packages/language-model/src/architectures/held-tensors.ts';
import { StateStore } from '../../packages/language-model/src/runtime/layered/state-store.ts';
import { compare } from '../../src/compare/compare.ts';
import { selectProbes } from '../../src/gate/select-probes.ts';
import { expectProbes } from '../../src/measure/measure-probes.ts';
import { findPolicy } from '../../src/policy/load.ts';
import { measuredSentence } from '../../src/report/text/words.ts';
import { example, measuring } from './shards/shard-files.ts';

afterEach(() => vi.restoreAllMocks());

const options = {
  checkpoint: example('benchmark-aligned'),
  spectra: false,
  reference: null,
  memoryLimit: 2e9,
} as const;

/** As if the weights took 4 GB, also as they are stored. */
function makeLarge(): void {
  vi.spyOn(HeldTensors.prototype, 'bytes').mockReturnValue(4e9);
}

describe('a checkpoint that is larger than --max-memory', () => {
  it('has the answers of the same that fits, says how it ran, and is compared with it like any other', async () => {
    const whole = await (await measuring(options))();
    makeLarge();
    const layered = await (await measuring(options))();
    expect(whole.run.probes?.execution).toBeUndefined();
    expect(layered.run.probes).toMatchObject({
      execution: 'layer by layer',
      by: expect.stringContaining('layer by layer'),
    });
    const { policy } = await findPolicy(example('shadow-gate.yml'));
    const sides = { candidate: layered, baseline: whole, policy };
    const report = compare({ ...sides, policyPath: null, baselinePath: null, baselineCommit: null, today: new Date() });
    expect(report.verdict).toBe('pass');
    expect(measuredSentence(report, 'cpu')).toContain('probes in float32, layer by layer');
    if (whole.probes?.status !== 'measured' || layered.probes?.status !== 'measured') throw new Error('not measured');
    expect(layered.probes.items.length).toBe(whole.probes.items.length);
    // Margins have four decimals.
    for (const [i, item] of layered.probes.items.entries()) {
      const same = whole.probes.items[i];
      expect(item.correct).toBe(same?.correct);
      expect(Math.abs(item.margin - (same?.margin ?? Number.NaN))).toBeLessThan(1.5e-4);
    }
  });

  it('has no answers if the disk is full in the middle of a pass', async () => {
    makeLarge();
    const full = new UserError('the disk is full', 'free some space', { code: 'not-enough-memory' });
    const { put } = StateStore.prototype;
    let left = 20;
    vi.spyOn(StateStore.prototype, 'put').mockImplementation(function (this: StateStore, ...args) {
      left -= 1;
      return left < 0 ? Promise.reject(full) : put.apply(this, args);
    });
    const broken = await (await measuring({ ...options, spectra: true, isWanted: () => false }))();
    expect(broken.probes).toMatchObject({ status: 'notRun', cause: 'not-enough-memory' });
  });

  it('says before it runs how long a pass takes', async () => {
    makeLarge();
    const selection = await selectProbes(await findPolicy(example('shadow-gate.yml')), { seed: 1 });
    if (!selection) throw new Error('no probes');
    const { checkpoint, memoryLimit } = options;
    const source = await openCheckpointSource({ checkpoint, device: 'cpu', memoryLimit });
    const expected = await expectProbes(source, selection);
    expect(expected.by).toContain('layer by layer');
    expect(expected.layers?.passSeconds).toBeGreaterThan(0);
    expect(expected.seconds).toBeGreaterThanOrEqual(expected.layers?.passSeconds ?? Number.POSITIVE_INFINITY);
  });
});
