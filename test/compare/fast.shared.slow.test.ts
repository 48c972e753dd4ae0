import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeJson } from '@shadow-gate/platform/files';
import { directoryStore } from '@shadow-gate/platform/key-value-store';
import { lowerBound, upperBound } from '@shadow-gate/spectra/bounded';
import { beforeAll, describe, expect, it } from 'vitest';
import { safetensorsBytes } from '../../packages/checkpoints/test/write-safetensors.ts';
import { compare } from '../../src/compare/compare.ts';
import { flattenMetrics } from '../../src/measure/aggregate.ts';
import type { MeasureOptions } from '../../src/measure/options.ts';
import type { Measurement } from '../../src/measure/schema/measurement.ts';
import { mergeFiles } from '../../src/measure/shards/merge.ts';
import { parsePolicy } from '../../src/policy/load.ts';
import { DEFAULT_POLICY } from '../../src/policy/policy.ts';
import { temporaryFolder } from '../fixtures.ts';
import { reasonsOf } from '../gate/reasons.ts';
import { measurePath } from '../measure/measure-path.ts';

/** Larger than matrices that are exact by default. */
const SIZE = 1040;
const NAMES = ['model.layers.0.self_attn.q_proj.weight', 'model.layers.0.mlp.up_proj.weight'];

/** Two matrices with decaying spectra; the second decays faster by `lean`. */
function writeCheckpoint(lean = 0): string {
  const folder = join(temporaryFolder(), 'model');
  mkdirSync(folder);
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 0x7fffffff - 0.5;
  };
  const header: Record<string, unknown> = {};
  const data: Buffer[] = [];
  for (const [i, name] of NAMES.entries()) {
    const scales = Array.from({ length: SIZE }, (_, column) => (column + 1) ** -(0.4 + i * lean));
    const values = Float32Array.from({ length: SIZE * SIZE }, (_, at) => random() * (scales[at % SIZE] ?? 0));
    const bytes = values.byteLength;
    header[name] = { dtype: 'F32', shape: [SIZE, SIZE], data_offsets: [i * bytes, (i + 1) * bytes] };
    data.push(Buffer.from(values.buffer));
  }
  writeFileSync(join(folder, 'model.safetensors'), safetensorsBytes(header, Buffer.concat(data)));
  writeFileSync(
    join(folder, 'config.json'),
    JSON.stringify({ model_type: 'llama', architectures: ['LlamaForCausalLM'] }),
  );
  return folder;
}

const run = (checkpoint: string, options: Partial<MeasureOptions> = {}) =>
  measurePath({ checkpoint, device: 'cpu', ...options });
const judge = (candidate: Measurement, baseline: Measurement, policy = DEFAULT_POLICY) =>
  compare({ candidate, baseline, baselinePath: 'b.json', policy, policyPath: null, today: new Date() });

describe('a matrix of more than 1024 columns', () => {
  let checkpoint: string;
  let fast: Measurement;
  let exact: Measurement;
  beforeAll(async () => {
    checkpoint = writeCheckpoint();
    fast = await run(checkpoint);
    exact = await run(checkpoint, { method: 'exact' });
  }, 120_000);

  it('is measured fast by default, with bounds that contain the exact numbers', () => {
    expect(fast.method).toEqual({ mode: 'fast', accumulation: 'float32' });
    expect(exact.method?.mode).toBe('exact');
    for (const [i, { method, metrics }] of fast.tensors.entries()) {
      expect(method).toBe('fast');
      expect(metrics).toMatchObject({ rank: null, effectiveRankRV: null, alpha: null });
      const truths = flattenMetrics(exact.tensors[i]?.metrics ?? expect.fail());
      for (const [key, measured] of Object.entries(flattenMetrics(metrics ?? expect.fail()))) {
        const truth = Number(truths[key]);
        if (key !== 'frobeniusNorm') expect(measured, key).toMatchObject({ value: expect.any(Number) });
        expect(lowerBound(measured) / truth, key).toBeLessThan(1 + 1e-6);
        expect(upperBound(measured) / truth, key).toBeGreaterThan(1 - 1e-6);
      }
    }
  });

  it('does not differ from itself, whichever method measured it, but a change beyond the bounds shows', async () => {
    const strict = parsePolicy(
      'rules: [{metric: effectiveRank, of: weight, direction: any, relative: 0, level: fail}]',
      'p',
    );
    for (const [a, b] of [
      [fast, fast],
      [fast, exact],
      [exact, fast],
    ] as const) {
      const { shadowDeltas, ...report } = judge(a, b, strict);
      expect(report.findings.filter(({ level }) => level === 'fail')).toEqual([]);
      expect(shadowDeltas.map(({ change }) => change)).toEqual(shadowDeltas.map(() => 0));
    }
    const leaner = await run(writeCheckpoint(0.2));
    expect(reasonsOf(judge(leaner, fast, strict)).filter(({ rule }) => rule === 'effectiveRank')).toMatchObject([
      { level: 'fail', place: 'up_proj' },
    ]);
  });

  it('reports that rank loss was not checked', () => {
    const messages = (report: ReturnType<typeof judge>) =>
      reasonsOf(report)
        .filter(({ rule }) => rule === 'rank-loss')
        .map(({ level, message }) => `${level}: ${message}`);
    expect(messages(judge(fast, exact))).toEqual([
      expect.stringMatching(
        /^inconclusive: Rank loss was not checked for 2 matrices measured with --method fast \(e\.g\. model\./,
      ),
    ]);
    expect(messages(judge(exact, fast))).toEqual([]);
  });

  it('does not pass a rule on a metric that only exact spectra have', () => {
    const onRank = parsePolicy('rules: [{metric: rank, of: weight, level: warn}]', 'p');
    expect(reasonsOf(judge(fast, exact, onRank))).toContainEqual(
      expect.objectContaining({ rule: 'idle-rule', level: 'inconclusive', metric: 'rank' }),
    );
  });

  it('gives the same measurement again, in shards, and from the store', async () => {
    const text = (measurement: Measurement) => JSON.stringify({ ...measurement, run: null });
    expect(text(await run(checkpoint))).toBe(text(fast));
    const folder = temporaryFolder();
    const files: string[] = [];
    for (const index of [1, 2]) {
      files.push(join(folder, `${index}.json`));
      await writeJson(files.at(-1) ?? '', await run(checkpoint, { shard: { index, count: 2 } }));
    }
    expect(text(await mergeFiles(files))).toBe(text(fast));
    const store = directoryStore(temporaryFolder());
    await run(checkpoint, { spectrumStore: store });
    const recalled = await run(checkpoint, { spectrumStore: store });
    expect(text(recalled)).toBe(text(fast));
    expect(recalled.run.recalledSpectra).toBe(2);
    // An exact spectrum is not a bounded one.
    expect((await run(checkpoint, { spectrumStore: store, method: 'exact' })).run.recalledSpectra).toBe(0);
  }, 120_000);
});
