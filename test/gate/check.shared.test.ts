import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { boundedValue } from '@shadow-gate/spectra/bounded';
import { describe, expect, it } from 'vitest';
import { compare } from '../../src/compare/compare.ts';
import type { Report } from '../../src/compare/report.ts';
import { openMeasuredReference } from '../../src/measure/open-measured.ts';
import type { Measurement } from '../../src/measure/schema/measurement.ts';
import { parsePolicy } from '../../src/policy/load.ts';
import { DEFAULT_POLICY } from '../../src/policy/policy.ts';
import { fixture, temporaryFolder } from '../fixtures.ts';
import { measurePath } from '../measure/measure-path.ts';
import { reasonsOf } from './reasons.ts';
import { decisiveReasons, decisiveRules, editedCopy, runGate, type TensorEdit } from './run-gate.ts';

const base = fixture('llama-f32');
const DOWN2 = 'model.layers.2.mlp.down_proj.weight';
const Q2 = 'model.layers.2.self_attn.q_proj.weight';

/** The gate's report on the base checkpoint with one tensor changed, against the base. */
async function reportOnEdited(name: string, edit: TensorEdit): Promise<Report> {
  const { report } = await runGate({ checkpoint: editedCopy(base, name, edit), baseline: base, only: 'spectra' });
  return report;
}

/** Measure an update of the fixtures. */
async function measureUpdate(checkpoint: string, reference: string): Promise<Measurement> {
  return measurePath({
    checkpoint: fixture(checkpoint),
    reference: await openMeasuredReference(fixture(reference)),
    device: 'cpu',
  });
}

function reportOn(candidate: Measurement, baseline: Measurement | null, policy = DEFAULT_POLICY): Report {
  return compare({ candidate, baseline, baselinePath: 'b.json', policy, policyPath: null, today: new Date() });
}

describe('the gate on weights', () => {
  it('a checkpoint that was only rounded to bfloat16 passes', async () => {
    const { report } = await runGate({ checkpoint: fixture('llama-bf16'), baseline: base, only: 'spectra' });
    expect(decisiveReasons(report)).toEqual([]);
    expect(report.verdict).toBe('pass');
  });

  it('a rank-1 spike warns, and the report names the matrix with both values and the limit', async () => {
    const report = await reportOnEdited(Q2, (values, [, columns = 1]) => {
      for (let i = 0; i < values.length; i += 1) {
        const [row, column] = [Math.floor(i / columns), i % columns];
        values[i] = (values[i] ?? 0) + (row % 2 ? -1 : 1) * (column % 3 ? 1 : -1);
      }
    });
    expect(report.verdict).toBe('warn');
    expect(decisiveReasons(report)).toEqual([
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

  it('a spike in a module type with too few matrices for a z-score warns too', async () => {
    const report = await reportOnEdited('lm_head.weight', (values) => {
      values.forEach((value, i) => {
        values[i] = value + 2;
      });
    });
    expect(decisiveReasons(report).map(({ rule, place }) => [rule, place])).toEqual([
      // All of its rows point elsewhere.
      ['vocabulary-rows', 'lm_head.weight'],
      // Its logits are larger too.
      ['behavior', 'model'],
      ['only-head-trained', 'lm_head.weight'],
      ['spike', 'lm_head.weight'],
    ]);
    // The two integer tensors of the fixture.
    expect(reasonsOf(report).at(-1)).toMatchObject({ level: 'info', rule: 'skipped', candidate: 2 });
  });

  it.each<[string, string, TensorEdit, RegExp]>([
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
  ])('%s fails, and the report names the tensor', async (_, name, edit, counts) => {
    const report = await reportOnEdited(name, edit);
    expect(report.verdict).toBe('fail');
    expect(reasonsOf(report)[0]).toMatchObject({
      rule: 'non-finite',
      place: name,
      candidate: expect.stringMatching(counts),
    });
  });

  it.each<[string, TensorEdit]>([
    ['one row of zeros', (v, [, n = 0]) => void v.fill(0, 0, n)],
    ['one row copied onto another', (v, [, n = 0]) => void v.copyWithin(n, 0, n)],
    ['half the rows set to zero', (v) => void v.fill(0, 0, v.length / 2)],
    ['all weights set to zero', (v) => void v.fill(0)],
  ])('a matrix with %s has lost rank, and the checkpoint warns', async (_, edit) => {
    const report = await reportOnEdited(DOWN2, edit);
    expect(report.verdict).toBe('warn');
    expect(reasonsOf(report).find(({ rule }) => rule === 'rank-loss')).toMatchObject({ place: DOWN2, baseline: 16 });
  });

  it('a weak direction that is gone is not a loss: Q2 has 14 of its 16 above 10⁻² σ₁', async () => {
    const report = await reportOnEdited(Q2, (v, [, n = 0]) => void v.copyWithin(n, 0, n));
    expect(decisiveRules(report)).toEqual([]);
  });

  it('rows of an embedding that went to zero are judged by the weights of both, and only named by the spectra', async () => {
    const report = await reportOnEdited('model.embed_tokens.weight', (v, [, n = 0]) => void v.fill(0, 0, 3 * n));
    expect(decisiveRules(report)).toEqual(['vocabulary-rows']);
    expect(report.findings).toContainEqual({
      kind: 'zero-rows',
      level: 'info',
      tensor: 'model.embed_tokens.weight',
      candidate: 3,
      baseline: 0,
      rows: 40,
    });
  });
});

describe('the gate on updates', () => {
  it('an MLP ÷ attention ratio above the baseline warns, and one below it passes', async () => {
    const narrow = await measureUpdate('llama-tuned', 'llama-bf16');
    const wide = structuredClone(narrow);
    const delta = wide.model.delta ?? expect.fail('no update');
    const ratio = boundedValue(delta.mlpAttentionRatio ?? expect.fail('no ratio'));
    delta.mlpAttentionRatio = ratio / 1.26;
    expect(reportOn(narrow, wide)).toMatchObject({
      verdict: 'warn',
      findings: [
        {
          kind: 'metric-moved',
          metric: 'mlpAttentionRatio',
          candidate: ratio,
          baseline: ratio / 1.26,
          limit: { relative: 0.25 },
        },
        // The two differ by the summary alone.
        { kind: 'nothing-trained', level: 'info', isIdentical: true },
      ],
    });
    expect(reportOn(wide, narrow).verdict).toBe('pass');
    // Re-seeded runs on identical data differ by as much.
    delta.mlpAttentionRatio = ratio / 1.17;
    expect(reportOn(narrow, wide).verdict).toBe('pass');
    const strict = parsePolicy('rules: [{metric: mlpAttentionRatio, direction: up, relative: 0.05, level: fail}]', 'p');
    expect(reportOn(narrow, wide, strict).verdict).toBe('fail');
  });

  it('an update that is all rounding noise is not judged by its ratio, and not passed', async () => {
    const { report, measurement } = await runGate({
      checkpoint: fixture('llama-bf16'),
      reference: base,
      baseline: fixture('llama-tuned'),
    });
    expect(measurement.model.delta).toMatchObject({ mlpAttentionRatio: null, belowNoise: 30 });
    expect(report.verdict).toBe('inconclusive');
    const noise = await measureUpdate('llama-bf16', 'llama-f32');
    expect(reportOn(noise, noise).verdict).toBe('inconclusive');
  });

  it('an update of low rank has no ratio, and is judged by other rules: its top-5% energy is 1 whatever the data', async () => {
    const adapter = await measureUpdate('lora-phi3', 'phi3');
    expect(adapter.model.delta).toMatchObject({ mlpAttentionRatio: null });
    expect(decisiveRules(reportOn(adapter, adapter))).toEqual([]);
  });

  it('a checkpoint that is its own reference has no update to judge, and warns that nothing was trained', async () => {
    const same = await measureUpdate('llama-f32', 'llama-f32');
    expect(reportOn(same, same)).toMatchObject({
      verdict: 'warn',
      findings: [
        { kind: 'nothing-trained', level: 'warn', against: 'reference', isIdentical: true },
        { kind: 'ratio-missing', level: 'info' },
        { kind: 'skipped' },
      ],
    });
  });
});

describe('the gate without a baseline', () => {
  it.each([
    ['warn', 'warn'],
    ['fail', 'fail'],
    ['pass', 'pass'],
  ] as const)(
    'on-missing-baseline: %s gives the verdict %s, for no path and for a default without a file',
    async (level, verdict) => {
      const folder = temporaryFolder();
      const policy = join(folder, 'policy.yml');
      writeFileSync(policy, `on-missing-baseline: ${level}\nspike: {robust-z: 1000}\n`);
      for (const baseline of [undefined, { kind: 'missing', name: 'none.json' } as const]) {
        const { report } = await runGate({ checkpoint: base, baseline, policy, only: 'spectra' });
        expect(report.verdict).toBe(verdict);
        expect(reasonsOf(report)[0]).toMatchObject({ rule: 'missing-baseline' });
      }
    },
  );

  it('a baseline that somebody names and that is not there is an error: a typo must not only warn', async () => {
    const baseline = join(temporaryFolder(), 'none.json');
    await expect(runGate({ checkpoint: base, baseline, only: 'spectra' })).rejects.toThrow(
      `the baseline ${baseline} does not exist`,
    );
  });
});
