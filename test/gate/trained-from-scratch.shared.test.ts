import { beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../src/compare/report.ts';
import { checkMeasured } from '../../src/gate/check.ts';
import { openMeasuredReference } from '../../src/measure/open-measured.ts';
import type { Measurement } from '../../src/measure/schema/measurement.ts';
import { fixture } from '../fixtures.ts';
import { measurePath } from '../measure/measure-path.ts';

/**
 * One layer, trained on modular addition with a weight decay of 1 until nothing of the initialization was left to see:
 * `start` is the initialization of `trained`, and `other` has another seed. All pairs that they were not trained on are
 * right. Made by test/fixtures/make_modular_addition.py.
 */
const model = (name: string) => fixture('modular-addition', name);
const Q = 'transformer.h.0.attn.c_attn.weight[q]';
const POSITIONS = 'transformer.wpe.weight';

async function measured(name: string, reference?: string): Promise<Measurement> {
  const from = await openMeasuredReference(reference && model(reference));
  return measurePath({ checkpoint: model(name), reference: from, device: 'cpu' });
}

const report = (candidate: Measurement, baseline: Measurement | null): Promise<Report> =>
  checkMeasured(candidate, {
    baseline: baseline
      ? { kind: 'measurement', measurement: baseline, commit: null, name: 'baseline' }
      : { kind: 'missing', name: null },
    only: 'spectra',
    today: new Date(),
  });

describe('a model that was trained from scratch', () => {
  let start: Measurement;
  let trained: Measurement;
  let other: Measurement;
  beforeAll(async () => {
    [start, trained, other] = [await measured('start'), await measured('trained'), await measured('other')];
  });

  it('passes against another seed, in both directions: both are equally good', async () => {
    expect((await report(trained, other)).verdict).toBe('pass');
    expect((await report(other, trained)).verdict).toBe('pass');
  });

  it('does not warn about spikes on a first run', async () => {
    for (const one of [start, trained, other]) {
      expect((await report(one, null)).findings.map(({ kind }) => kind)).toEqual(['missing-baseline']);
    }
  });

  it('has lost the rank of its queries and the positions that no input has, and both are named', async () => {
    const { findings } = await report(trained, start);
    const ofRank = findings.filter(({ kind }) => kind === 'rank-loss' || kind === 'zero-rows');
    expect(ofRank).toEqual([
      expect.objectContaining({ kind: 'rank-loss', level: 'warn', tensor: Q, candidate: 4 }),
      expect.objectContaining({ kind: 'rank-loss', level: 'warn', candidate: 4 }),
      { kind: 'zero-rows', level: 'info', tensor: POSITIONS, candidate: 5, baseline: 0, rows: 8 },
    ]);
  });

  it('is an update of its own initialization, three times as large, and not one of another model', async () => {
    const own = await report(await measured('trained', 'start'), null);
    expect(own.findings.find(({ kind }) => kind === 'update-size')).toMatchObject({
      level: 'info',
      candidate: expect.closeTo(3.2, 1),
    });
    const wrong = await measured('other', 'start');
    const { findings, verdict } = await report(wrong, null);
    expect(findings.find(({ kind }) => kind === 'update-size')).toMatchObject({ level: 'inconclusive' });
    expect(verdict).toBe('inconclusive');
  });
});
