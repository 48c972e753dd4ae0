import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildCalibration, extendCalibration } from '../../../src/compare/calibration/build.ts';
import {
  calibrationText,
  parseCalibration,
  readCalibration,
  writeCalibration,
} from '../../../src/compare/calibration/file.ts';
import type { Measurement } from '../../../src/measure/schema/measurement.ts';
import { temporaryFolder } from '../../fixtures.ts';
import { calibrated, goodRuns, updated } from './updates.ts';

const known = (measurement: Measurement) => ({ name: 'odd-one', measurement });
const odd = updated({}, { name: 'odd-one' });
const adapter = updated({}, { name: 'odd-one', isAdapter: true });
const withTensors = (made: Measurement, change: (tensor: Measurement['tensors'][number]) => object) => ({
  ...made,
  tensors: made.tensors.map((tensor) => ({ ...tensor, ...(tensor.of === 'delta' ? change(tensor) : {}) })),
});

describe('a calibration', () => {
  it('keeps what is judged of every run, in their order', () => {
    const { kind, runs, tensors } = calibrated(4, 'series');
    expect(kind).toBe('series');
    expect(runs.map(({ name, digest }) => [name, digest])).toEqual(
      [0, 1, 2, 3].map((i) => [`run-${i}`, `sha256:run-${i}`]),
    );
    expect(runs[0]?.updateSize).toBeCloseTo(0.04 * 0.98, 12);
    expect(runs[3]?.model.mlpAttentionRatio).toBeCloseTo(0.6 * 1.02, 12);
    expect(runs[3]?.groups.map(({ module, isLowRank }) => [module, isLowRank])).toContainEqual(['q_proj', false]);
    expect(runs[3]?.groups[0]?.metrics['topEnergy.5%']).toBeCloseTo(0.5 * 1.02, 12);
    expect(tensors.map(({ name }) => name)).toHaveLength(8);
    expect(calibrated(3, 'runs', true).runs[0]?.groups.every(({ isLowRank }) => isLowRank)).toBe(true);
  });

  it.each<[string, Measurement, RegExp]>([
    ['another reference', { ...odd, reference: { ...odd.checkpoint, digest: 'sha256:other' } }, /another reference/],
    ['no reference', { ...odd, reference: null }, /another reference .*\(none, others sha256:reference\)/],
    ['another version', { ...odd, tool: { ...odd.tool, version: '0.9.0' } }, /another version .*0\.9\.0.*\d/],
    [
      'another architecture',
      { ...odd, architecture: { ...odd.architecture, hiddenSize: 128 } },
      /architecture is another one \(hiddenSize: 128, others 96\)/,
    ],
    ['other shapes', withTensors(odd, () => ({ shape: [96, 96] })), /shapes.*0\.q_proj: \[96, 96\], others \[96, 32\]/],
    ['other tensors', withTensors(odd, ({ name }) => ({ name: `1${name}` })), /other tensors \(.*q_proj: /],
    ['an adapter among full models', { ...adapter, reference: odd.reference }, /an adapter, others a full model/],
    ['no update', { ...odd, tensors: odd.tensors.filter(({ of }) => of === 'weight') }, /has no update/],
    ['probes alone', { ...odd, method: null, tensors: [] }, /has no update/],
    ['nothing trained', { ...odd, groups: odd.groups.filter(({ of }) => of === 'weight') }, /does not differ/],
    ['the same checkpoint', updated({}, { name: 'run-1' }), /run-1 and odd-one are the same checkpoint/],
    [
      'an update of low rank among full ones',
      {
        ...odd,
        model: { delta: odd.model.delta && { ...odd.model.delta, mlpTopEnergy: 1, attentionTopEnergy: 1 } },
        groups: odd.groups.map((group) => ({ ...group, median: { ...group.median, 'topEnergy.5%': 1 } })),
      },
      /of low rank/,
    ],
  ])('refuses a run with %s, and names it', (_, measurement, message) => {
    expect(() => extendCalibration(calibrated(3), known(measurement))).toThrow(message);
    expect(() => extendCalibration(calibrated(3), known(measurement))).toThrow(/odd-one/);
    expect(() => buildCalibration([...goodRuns(2), known(measurement)], 'runs')).toThrow(/odd-one/);
  });

  it('refuses an adapter of another rank', () => {
    const other = withTensors(adapter, () => ({ loraRank: 16 }));
    expect(() => extendCalibration(calibrated(3, 'runs', true), known(other))).toThrow(
      /odd-one .*LoRA rank is another one \(0\.q_proj: 16, others 8\)/,
    );
    expect(extendCalibration(calibrated(3, 'runs', true), known(adapter)).runs).toHaveLength(4);
  });
});

describe('the file of a calibration', () => {
  it('is read as it was written', async () => {
    const path = join(temporaryFolder(), 'deep', 'calibration.json');
    for (const calibration of [calibrated(4), calibrated(3, 'series', true)]) {
      await writeCalibration(path, calibration);
      expect(await readCalibration(path)).toEqual(calibration);
      expect(readFileSync(path, 'utf8')).toBe(calibrationText(calibration));
    }
  });

  it('is refused if it has a run twice, an impossible number, or another version', async () => {
    const calibration = calibrated(3);
    const [first] = calibration.runs;
    const parse = (over: object) => parseCalibration(JSON.stringify({ ...calibration, ...over }), 'c.json');
    expect(() => parse({ runs: [...calibration.runs, first] })).toThrow(/c\.json .*run-0 twice/);
    expect(() => parse({ runs: [] })).toThrow(/c\.json/);
    expect(() => parse({ runs: [{ ...first, updateSize: -1 }] })).toThrow(/updateSize/);
    for (const impossible of [1e308, -1, 1.5]) {
      const groups = first?.groups.map((group) => ({ ...group, metrics: { 'topEnergy.5%': impossible } }));
      expect(() => parse({ runs: [{ ...first, groups }] })).toThrow(
        /topEnergy\.5% of .* for run-0, which no update has/,
      );
    }
    expect(() => parse({ runs: [{ ...first, updateSize: 1e308 }] })).toThrow(/updateSize of/);
    expect(() => parse({ schema: 'shadow-gate/calibration@2' })).toThrow(/c\.json/);
    expect(() => parse({ kind: 'runs of mine' })).toThrow(/kind/);
    const path = join(temporaryFolder(), 'calibration.json');
    writeFileSync(path, '{"schema": "shadow-gate/calibration@1"');
    await expect(readCalibration(path)).rejects.toThrow(/calibration\.json/);
  });
});
