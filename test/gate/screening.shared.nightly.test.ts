import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { directoryStore } from '@shadow-gate/platform/key-value-store';
import { beforeAll, describe, expect, it } from 'vitest';
import { float32, writeSafetensors } from '../../packages/checkpoints/test/write-safetensors.ts';
import { Numbers } from '../../packages/spectra/test/fast/matrices.ts';
import { calibrate } from '../../src/gate/calibrate.ts';
import type { CheckResult } from '../../src/gate/check.ts';
import { isScreened } from '../../src/measure/aggregate.ts';
import { openMeasuredReference } from '../../src/measure/open-measured.ts';
import { writeMeasurement } from '../../src/measure/schema/write.ts';
import { renderComment } from '../../src/report/markdown/comment.ts';
import { temporaryFolder } from '../fixtures.ts';
import { measurePath } from '../measure/measure-path.ts';
import type { FlatOptions } from './check-options.ts';
import { runGate } from './run-gate.ts';

/** With `fast`, enough for a screen. */
const SIZE = 520;
const LAYERS = [0, 1, 2, 3];
const TYPE = LAYERS.map((layer) => `model.layers.${layer}.mlp.up_proj.weight`);
const NAMES = [...TYPE, 'model.layers.0.self_attn.q_proj.weight', 'model.embed_tokens.weight'];
const SPIKED = 'model.layers.2.mlp.up_proj.weight';

/** The reference moved a little by `seed`, with one matrix more along one direction. */
function writeModel(seed: number, spike = 0): string {
  const [start, moved] = [new Numbers(1), new Numbers(seed)];
  const folder = join(temporaryFolder(), `model-${seed}-${spike}`);
  mkdirSync(folder);
  const tensors = NAMES.map((name) => {
    const values = start.gaussians(SIZE * SIZE).map((value, i) => value * ((i % SIZE) + 1) ** -1);
    const after = seed === 1 ? values : values.map((value, i) => value + (0.05 * moved.gaussian()) / ((i % SIZE) + 1));
    const spiked = name === SPIKED ? after.map((value, i) => value + (spike * ((i % SIZE) % 7)) / 7) : after;
    return [name, float32([SIZE, SIZE], Array.from(spiked))] as const;
  });
  writeSafetensors(join(folder, 'model.safetensors'), Object.fromEntries(tensors));
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ model_type: 'llama' }));
  return folder;
}

describe('a check of large matrices', () => {
  let reference: string;
  let baseline: string;
  let candidate: string;
  let screened: CheckResult;
  let whole: CheckResult;
  beforeAll(async () => {
    reference = writeModel(1);
    candidate = writeModel(3);
    baseline = join(temporaryFolder(), 'baseline.json');
    const opened = await openMeasuredReference(reference);
    const approved = { checkpoint: writeModel(2), reference: opened, method: 'fast', device: 'cpu' } as const;
    await writeMeasurement(baseline, await measurePath(approved));
    screened = await run(candidate);
    whole = await run(candidate, { all: true });
  }, 240_000);

  function run(checkpoint: string, options: FlatOptions = {}): Promise<CheckResult> {
    return runGate({ reference, baseline, method: 'fast', only: 'spectra', ...options, checkpoint });
  }

  it('screens W and the updates outside of attention and MLP, and finds what full spectra show', () => {
    const { measurement, report } = screened;
    expect(whole.measurement.tensors.some(isScreened)).toBe(false);
    expect(report.findings).toEqual(whole.report.findings);
    expect(measurement.model).toEqual(whole.measurement.model);
    const names = measurement.tensors.filter(isScreened).map(({ of, name }) => `${of} ${name}`);
    expect(names.sort()).toEqual([...NAMES.map((name) => `weight ${name}`), 'delta model.embed_tokens.weight'].sort());
    expect(report.screening).toEqual({ completed: [] });
    expect(renderComment(report)).toContain('7 of 12 matrices were only screened');
  });

  it('measures in full what may be a spike, and all of its type where it is one', async () => {
    const spiked = writeModel(3, 2);
    const { measurement, report } = await run(spiked);
    const full = await run(spiked, { all: true });
    expect(report.findings).toEqual(full.report.findings);
    expect(report.findings.map(({ kind }) => kind)).toContain('spike');
    const completed = (measurement.run.completedSpectra ?? []).map(({ of, name, cause }) => [of, name, cause]);
    expect(completed.sort()).toEqual(TYPE.map((name) => ['weight', name, 'spike']).sort());
  });

  it('takes a full spectrum from the store in place of a screen, and never puts a screen there', async () => {
    const spectrumStore = directoryStore(temporaryFolder(), () => {});
    await run(candidate, { spectrumStore });
    const full = await run(candidate, { spectrumStore, all: true });
    expect(full.measurement.run.recalledSpectra).toBe(5);
    expect(full.measurement.tensors).toEqual(whole.measurement.tensors);
    const again = await run(candidate, { spectrumStore });
    expect(again.measurement.tensors).toEqual(whole.measurement.tensors);
  });

  it('takes a whole measurement from the store, and never puts a screened one there', async () => {
    const store = directoryStore(temporaryFolder(), () => {});
    const first = await run(candidate, { store });
    const full = await run(candidate, { store, all: true });
    expect(full.measurement.run.time).not.toBe(first.measurement.run.time);
    expect(full.measurement.tensors).toEqual(whole.measurement.tensors);
    const again = await run(candidate, { store });
    expect(again.measurement.run.time).toBe(full.measurement.run.time);
  });

  it('is no baseline, and has full spectra without one', async () => {
    const file = join(temporaryFolder(), 'screened.json');
    await writeMeasurement(file, screened.measurement);
    await expect(run(candidate, { baseline: file })).rejects.toThrow('full spectra of only 5 of 12 matrices');
    const alone = await runGate({ checkpoint: candidate, method: 'fast', only: 'spectra' });
    expect(alone.measurement.tensors.some(isScreened)).toBe(false);
    const known = { checkpoints: [file], reference, kind: 'runs', device: 'cpu' } as const;
    await expect(calibrate(known)).rejects.toThrow('full spectra of only 5 of 6 matrices');
  });
});
