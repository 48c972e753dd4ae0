import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSafetensorsHeader } from '../../src/checkpoint/safetensors.ts';
import { compare } from '../../src/compare/compare.ts';
import { type Report, reportSchema } from '../../src/compare/report.ts';
import { check } from '../../src/gate/check.ts';
import { ratioGap, summarizeDelta } from '../../src/measure/aggregate.ts';
import { measure, openMeasuredReference } from '../../src/measure/measure.ts';
import { type Measurement, measurementSchema } from '../../src/measure/schema/measurement.ts';
import { parsePolicy } from '../../src/policy/load.ts';
import { DEFAULT_POLICY } from '../../src/policy/policy.ts';
import { numberOf } from '../../src/statistics/bounded.ts';
import { editTensor, renameTensors } from '../checkpoint/edit-tensor.ts';
import { type RawTensor, writeSafetensors } from '../checkpoint/write-safetensors.ts';
import { fixture, readJson, temporaryFolder } from '../fixtures.ts';
import { reasonsOf } from './reasons.ts';

const base = fixture('llama-f32');
const Q2 = 'model.layers.2.self_attn.q_proj.weight';

/** A copy of the base checkpoint with one tensor changed. */
function edited(name: string, edit: (values: Float32Array, shape: readonly number[]) => void): string {
  const folder = join(temporaryFolder(), 'checkpoint');
  mkdirSync(folder);
  cpSync(base, folder, { recursive: true });
  editTensor(join(folder, 'model.safetensors'), name, edit);
  return folder;
}

async function judge(checkpoint: string, options: { baseline?: string; reference?: string } = {}): Promise<Report> {
  const { report, measurement } = await check({ checkpoint, device: 'cpu', only: 'spectra', ...options });
  // What is written must be readable again.
  measurementSchema.parse(JSON.parse(JSON.stringify(measurement)));
  return reportSchema.parse(JSON.parse(JSON.stringify(report)));
}

/** The reasons that decide; information, such as the integers that the fixture holds, aside. */
const grave = (report: Report) => reasonsOf(report).filter(({ level }) => level !== 'info');

describe('the gate on one weight', () => {
  it('passes a checkpoint that was only rounded to bfloat16', async () => {
    const report = await judge(fixture('llama-bf16'), { baseline: base });
    expect(grave(report)).toEqual([]);
    expect(report.verdict).toBe('pass');
  });

  it('warns of a rank-1 spike and names the matrix, with both values and the tolerance', async () => {
    const spiked = edited(Q2, (values, [, columns = 1]) => {
      for (let i = 0; i < values.length; i += 1) {
        const [row, column] = [Math.floor(i / columns), i % columns];
        values[i] = (values[i] ?? 0) + (row % 2 ? -1 : 1) * (column % 3 ? 1 : -1);
      }
    });
    const report = await judge(spiked, { baseline: base });
    expect(report.verdict).toBe('warn');
    expect(grave(report)).toEqual([
      {
        level: 'warn',
        rule: 'spike',
        metric: 'topEnergy.1',
        of: 'weight',
        place: Q2,
        candidate: expect.any(Number),
        baseline: expect.any(Number),
        tolerance: { robustZ: 3.5 },
        message: expect.stringContaining('robust z'),
        details: expect.objectContaining({ kind: 'spike', evidence: expect.objectContaining({ limit: 3.5 }) }),
      },
    ]);
  });

  it('warns of a spike in a module type with too few matrices for a z-score', async () => {
    const spiked = edited('lm_head.weight', (values) => {
      values.forEach((value, i) => {
        values[i] = value + 2;
      });
    });
    const report = await judge(spiked, { baseline: base });
    expect(grave(report).map(({ rule, place }) => [rule, place])).toEqual([['spike', 'lm_head.weight']]);
    expect(reasonsOf(report).at(-1)).toMatchObject({ level: 'info', rule: 'skipped', candidate: 2 });
  });

  it.each<[string, string, (values: Float32Array) => void, RegExp]>([
    [
      'NaN in a matrix',
      Q2,
      (v) => {
        v[5] = Number.NaN;
      },
      /1 NaN/,
    ],
    ['Inf in a matrix', Q2, (v) => void v.fill(Number.POSITIVE_INFINITY, 0, 2), /2 Inf/],
    ['NaN in a norm weight', 'model.layers.1.input_layernorm.weight', (v) => void v.fill(Number.NaN, 0, 3), /3 NaN/],
  ])('fails on %s and names the tensor', async (_, name, edit, counts) => {
    const report = await judge(edited(name, edit), { baseline: base });
    expect(report.verdict).toBe('fail');
    expect(reasonsOf(report)[0]).toMatchObject({
      rule: 'non-finite',
      place: name,
      candidate: expect.stringMatching(counts),
    });
  });

  it.each<[string, (values: Float32Array, shape: readonly number[]) => void]>([
    ['one row of zeros', (v, [, n = 0]) => void v.fill(0, 0, n)],
    ['one row copied onto another', (v, [, n = 0]) => void v.copyWithin(n, 0, n)],
    ['half the rows gone', (v) => void v.fill(0, 0, v.length / 2)],
    ['all zeros', (v) => void v.fill(0)],
  ])('fails on rank loss: %s', async (_, edit) => {
    const report = await judge(edited(Q2, edit), { baseline: base });
    expect(report.verdict).toBe('fail');
    expect(reasonsOf(report).find(({ rule }) => rule === 'rank-loss')).toMatchObject({ place: Q2, baseline: 16 });
  });
});

describe('the gate on an update', () => {
  const update = async () => ({ reference: await openMeasuredReference(fixture('llama-bf16')) });

  it('warns when the MLP-to-attention ratio rises over the baseline, and not when it falls', async () => {
    const narrow = await measure({ checkpoint: fixture('llama-tuned'), ...(await update()), device: 'cpu' });
    const wide = structuredClone(narrow);
    const ratio = numberOf(wide.model.delta?.mlpAttentionRatio ?? 0);
    if (wide.model.delta) wide.model.delta.mlpAttentionRatio = ratio / 1.09;
    const pair = { baselinePath: 'b.json', policy: DEFAULT_POLICY, policyPath: null };
    expect(compare({ candidate: narrow, baseline: wide, ...pair })).toMatchObject({
      verdict: 'warn',
      findings: [
        {
          kind: 'metric-moved',
          metric: 'mlpAttentionRatio',
          candidate: ratio,
          baseline: ratio / 1.09,
          limit: { relative: 0.08 },
        },
      ],
    });
    expect(compare({ candidate: wide, baseline: narrow, ...pair }).verdict).toBe('pass');
    const strict = parsePolicy('rules: [{metric: mlpAttentionRatio, direction: up, relative: 0.05, level: fail}]', 'p');
    expect(compare({ candidate: narrow, baseline: wide, ...pair, policy: strict }).verdict).toBe('fail');
  });

  it('does not judge an update that is all rounding noise', async () => {
    const { report, measurement } = await check({
      checkpoint: fixture('llama-bf16'),
      reference: base,
      baseline: fixture('llama-tuned'),
      device: 'cpu',
    });
    expect(measurement.model.delta).toMatchObject({ mlpAttentionRatio: null, belowNoise: 30 });
    expect(report.verdict).toBe('inconclusive');
  });

  it('does not believe a reference that the checkpoint did not come from', async () => {
    const other = edited('lm_head.weight', () => {});
    const scrambled = await measure({ checkpoint: other, reference: await openMeasuredReference(base), device: 'cpu' });
    if (scrambled.model.delta) scrambled.model.delta.updateSize = 1.4;
    const report = compare({
      candidate: scrambled,
      baseline: null,
      baselinePath: null,
      policy: DEFAULT_POLICY,
      policyPath: null,
    });
    expect(report.verdict).toBe('inconclusive');
    expect(reasonsOf(report)[0]).toMatchObject({ rule: 'update-size', candidate: 1.4 });
  });
});

describe('comparisons that mean nothing are named and never a pass', () => {
  let measured: Measurement | undefined;
  const compareWith = async (change: (baseline: Measurement) => void): Promise<Report> => {
    measured ??= await measure({
      checkpoint: fixture('llama-tuned'),
      reference: await openMeasuredReference(fixture('llama-bf16')),
      device: 'cpu',
    });
    const baseline = structuredClone(measured);
    change(baseline);
    return compare({ candidate: measured, baseline, baselinePath: 'b.json', policy: DEFAULT_POLICY, policyPath: null });
  };

  it('but the same measurement is a pass', async () => {
    expect((await compareWith(() => {})).verdict).toBe('pass');
  });

  it.each<[string, (baseline: Measurement) => void, string]>([
    [
      'another architecture',
      (b) => {
        b.architecture.modelType = 'gpt2';
      },
      'modelType',
    ],
    [
      'another number of layers',
      (b) => {
        b.architecture.layers = 40;
      },
      'layers',
    ],
    [
      'another tool version',
      (b) => {
        b.tool.version = '99.0.0';
      },
      'measurement',
    ],
    [
      'another tensor shape',
      (b) => {
        (b.tensors[3] as { shape: number[] }).shape = [1, 2];
      },
      '',
    ],
    ['a tensor more', (b) => void b.tensors.pop(), ''],
    [
      'another reference',
      (b) => {
        b.reference = { ...b.checkpoint };
      },
      'ΔW',
    ],
    [
      'no reference',
      (b) => void Object.assign(b, { reference: null, tensors: b.tensors.filter(({ of }) => of === 'weight') }),
      'ΔW',
    ],
    [
      'a LoRA rank',
      (b) => {
        (b.tensors.at(-1) as { loraRank: number }).loraRank = 8;
      },
      '',
    ],
  ])('%s', async (_, change, place) => {
    const report = await compareWith(change);
    expect(report.verdict).toBe('inconclusive');
    expect(reasonsOf(report)[0]).toMatchObject({ level: 'inconclusive', rule: 'invalid-comparison' });
    if (place) expect(reasonsOf(report)[0]?.place).toBe(place);
  });
});

describe('a missing baseline', () => {
  it.each([
    ['warn', 'warn'],
    ['fail', 'fail'],
    ['pass', 'pass'],
  ] as const)('is a %s where the policy says so', async (level, verdict) => {
    const folder = temporaryFolder();
    const policy = join(folder, 'policy.yml');
    writeFileSync(policy, `on-missing-baseline: ${level}\nspike: {robust-z: 1000}\n`);
    for (const baseline of [undefined, join(folder, 'none.json')]) {
      const { report } = await check({ checkpoint: base, baseline, policy, device: 'cpu', only: 'spectra' });
      expect(report.verdict).toBe(verdict);
      expect(reasonsOf(report)[0]).toMatchObject({ rule: 'missing-baseline' });
    }
  });
});

describe('a measurement', () => {
  it('is the same, byte for byte, apart from `run`, wherever the checkpoint lies', async () => {
    const copy = edited('lm_head.weight', () => {});
    const [one, two] = await Promise.all(
      [base, copy].map(async (checkpoint) => {
        const { run: _, ...rest } = await measure({
          checkpoint,
          reference: await openMeasuredReference(fixture('llama-f64')),
          device: 'cpu',
        });
        return JSON.stringify(rest);
      }),
    );
    expect(one).toBe(two);
  });

  it('has another digest when one bit of one weight changes, and the same however it is sharded', async () => {
    const digest = async (checkpoint: string) =>
      (await measure({ checkpoint, device: 'cpu', isWanted: () => false })).checkpoint.digest;
    const original = await digest(base);
    const nudged = edited(Q2, (v) => {
      v[0] = (v[0] ?? 0) + 1e-7;
    });
    expect(await digest(nudged)).not.toBe(original);
    expect(original).toMatch(/^sha256:[0-9a-f]{64}$/);

    const whole = temporaryFolder();
    const tensors: Record<string, RawTensor> = {};
    for (const shard of ['model-00002-of-00002.safetensors', 'model-00001-of-00002.safetensors']) {
      const bytes = readFileSync(fixture('mixtral', shard));
      for (const { name, dtype, shape, offset, byteLength } of await readSafetensorsHeader(fixture('mixtral', shard))) {
        tensors[name] = { dtype, shape, data: bytes.subarray(offset, offset + byteLength) };
      }
    }
    writeSafetensors(join(whole, 'model.safetensors'), tensors);
    cpSync(fixture('mixtral', 'config.json'), join(whole, 'config.json'));
    expect(await digest(whole)).toBe(await digest(fixture('mixtral')));
  });
});

describe('what the numbers do not carry is never a pass', () => {
  const compareBoth = (candidate: Measurement, baseline: Measurement) =>
    compare({ candidate, baseline, baselinePath: 'b.json', policy: DEFAULT_POLICY, policyPath: null });
  const tuned = async () =>
    measure({
      checkpoint: fixture('llama-tuned'),
      reference: await openMeasuredReference(fixture('llama-bf16')),
      device: 'cpu',
    });

  it('an update of low rank, whose top-5% energy is everything', async () => {
    const adapter = await measure({
      checkpoint: fixture('lora-phi3'),
      reference: await openMeasuredReference(fixture('phi3')),
      device: 'cpu',
    });
    expect(adapter.model.delta?.mlpAttentionRatio).toBeNull();
    const measurement = await tuned();
    for (const { of, metrics } of measurement.tensors) {
      if (of === 'delta' && metrics) metrics.topEnergy['5%'] = 1;
    }
    const delta = summarizeDelta(measurement.tensors);
    expect(delta.mlpAttentionRatio).toBeNull();
    expect(ratioGap(delta)).toEqual({ kind: 'saturated' });
  });

  it('a ratio that is missing on both sides', async () => {
    const noise = await measure({
      checkpoint: fixture('llama-bf16'),
      reference: await openMeasuredReference(base),
      device: 'cpu',
    });
    expect(compareBoth(noise, noise).verdict).toBe('inconclusive');
  });

  it('but a checkpoint that is its own reference has nothing to judge, and passes', async () => {
    const same = await measure({ checkpoint: base, reference: await openMeasuredReference(base), device: 'cpu' });
    expect(compareBoth(same, same)).toMatchObject({
      verdict: 'pass',
      findings: [{ level: 'info' }, { level: 'info' }],
    });
  });

  it('an update of other matrices than the baseline’s', async () => {
    const [all, some] = [await tuned(), await tuned()];
    const frozen = some.tensors.filter(({ of, module }) => of === 'delta' && module === 'up_proj');
    for (const tensor of frozen) Object.assign(tensor, { status: 'zero', metrics: null });
    const report = compareBoth(some, all);
    expect(report.verdict).toBe('inconclusive');
    expect(reasonsOf(report)[0]?.message).toMatch(/update different matrices: 4 of 27/);
    expect(report.shadowDeltas.every(({ of, change }) => of === 'weight' || change === null)).toBe(true);
  });

  it('a weight whose squares leave the range of float64', async () => {
    const measurement = await measure({ checkpoint: base, device: 'cpu' });
    const broken = structuredClone(measurement);
    const tensor = broken.tensors.find(({ name }) => name === Q2) ?? expect.fail();
    Object.assign(tensor, { status: 'notFinite', metrics: null, spectrum: [] });
    const report = compareBoth(broken, measurement);
    expect(report.verdict).toBe('inconclusive');
    expect(grave(report)).toMatchObject([{ rule: 'invalid-comparison', place: Q2 }]);
  });

  it('the vision tower of a multimodal model is not in the headline', async () => {
    const measurement = await tuned();
    for (const tensor of measurement.tensors) tensor.component = tensor.layer === 0 ? 'vision' : 'language';
    const language = summarizeDelta(measurement.tensors);
    for (const tensor of measurement.tensors) {
      if (tensor.component === 'vision' && tensor.metrics) tensor.metrics.topEnergy['5%'] = 0.01;
    }
    expect(summarizeDelta(measurement.tensors).mlpAttentionRatio).toBe(language.mlpAttentionRatio);
  });

  it('an update outside of attention and MLP, unless the policy does not gate on the ratio', async () => {
    const measurement = await tuned();
    for (const tensor of measurement.tensors) tensor.module = 'other';
    measurement.model.delta = summarizeDelta(measurement.tensors);
    expect(compareBoth(measurement, measurement).verdict).toBe('inconclusive');
    const policy = parsePolicy('rules: [{metric: mlpAttentionRatio, level: info}, {metric: stableRank}]', 'p');
    const settings = { baselinePath: 'b.json', policy, policyPath: 'p' };
    expect(compare({ candidate: measurement, baseline: measurement, ...settings }).verdict).toBe('pass');
  });
});

describe('checkpoints as they come', () => {
  it('a reference that was saved without the prefix of the whole model is the same model', async () => {
    const reference = join(temporaryFolder(), 'hub');
    cpSync(fixture('gpt2'), reference, { recursive: true });
    renameTensors(join(reference, 'model.safetensors'), (name) => name.replace(/^transformer\./, ''));
    const { model, skipped } = await measure({
      checkpoint: fixture('gpt2'),
      reference: await openMeasuredReference(reference),
      device: 'cpu',
    });
    expect(model.delta?.unchanged).toBe(8);
    expect(skipped).toEqual([]);
    const adapter = await measure({
      checkpoint: fixture('lora-gpt2'),
      reference: await openMeasuredReference(reference),
      device: 'cpu',
    });
    expect(adapter.tensors.every(({ metrics }) => metrics?.updateSize)).toBe(true);
  });

  it('buffers and a tied head are no weights', async () => {
    const folder = join(temporaryFolder(), 'tied');
    cpSync(base, folder, { recursive: true });
    renameTensors(join(folder, 'model.safetensors'), (name) =>
      name === 'model.layers.0.input_layernorm.weight' ? 'model.layers.0.self_attn.rotary_emb.inv_freq' : name,
    );
    const config = readJson<object>(join(folder, 'config.json'));
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, tie_word_embeddings: true }));
    const { skipped, tensors, vectors } = await measure({ checkpoint: folder, device: 'cpu' });
    expect(skipped.map(({ name }) => name)).toEqual([
      'lm_head.weight',
      'model.layers.0.self_attn.rotary_emb.inv_freq',
      'model.scale',
      'model.steps',
    ]);
    expect(tensors.some(({ module }) => module === 'lm_head')).toBe(false);
    expect(vectors).toHaveLength(3);
  });
});
