import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Report } from '../../src/compare/report.ts';
import { checkMeasured } from '../../src/gate/check.ts';
import type { Measurement } from '../../src/measure/schema/measurement.ts';
import { repository, temporaryFolder } from '../fixtures.ts';
import { reasonsOf } from './reasons.ts';
import { decisiveRules, probesOf, runGate } from './run-gate.ts';

const example = (name: string) => repository('examples', name);
const policy = example('shadow-gate.yml');

const measured = new Map<string, Promise<Measurement>>();

/** The measurement of an example as an update of the base, made once. */
function measureOnce(name: string): Promise<Measurement> {
  const known = measured.get(name);
  if (known) return known;
  const made = runGate({ checkpoint: example(name), reference: example('base'), policy });
  const measurement = made.then((result) => result.measurement);
  measured.set(name, measurement);
  return measurement;
}

/** The report on one example with another as its baseline. */
async function reportOn(candidate: string, baseline: string, file = policy): Promise<Report> {
  return checkMeasured(await measureOnce(candidate), {
    baseline: { kind: 'measurement', measurement: await measureOnce(baseline), commit: null, name: baseline },
    policy: file,
    today: new Date(),
  });
}

describe('the example checkpoints', () => {
  it('the benchmark-aligned checkpoint fails by its shadow delta, and the report shows three flips', async () => {
    const { report } = await runGate({
      checkpoint: example('benchmark-aligned'),
      reference: example('base'),
      baseline: example('base'),
      policy,
    });
    expect(report.verdict).toBe('fail');
    expect(reasonsOf(report)[0]).toMatchObject({ level: 'fail', rule: 'shadow-delta' });
    expect(reasonsOf(report)[0]?.message).toMatch(/^The shadow delta of probes\.jsonl is [45]\d\.\d\spoints/);
    expect(report.probes?.comparison.flips).toHaveLength(3);
  });

  it('the coverage-expanding checkpoint passes', async () => {
    const report = await reportOn('coverage-expanding', 'base');
    expect(decisiveRules(report)).toEqual([]);
    expect(report.verdict).toBe('pass');
    // The docs: benchmark form from .52 to .98, twins in new formats from .47 to .72 and more.
    expect(report.probes?.comparison.rows[0]?.benchmark.candidate).toBeGreaterThan(0.97);
  });

  it('the prompt-repetition checkpoint fails by the knowledge that it lost, and not by its shadow delta', async () => {
    const report = await reportOn('prompt-repetition', 'base');
    expect(report.verdict).toBe('fail');
    expect(decisiveRules(report)).toContain('retention');
    // Its exam rose more than its twins: also a warning.
    expect(
      reasonsOf(report)
        .filter(({ level }) => level === 'fail')
        .map(({ rule }) => rule),
    ).toEqual(['retention']);
  });

  it('the benchmark-aligned checkpoint fails against the coverage-expanding one too', async () => {
    const report = await reportOn('benchmark-aligned', 'coverage-expanding');
    expect(reasonsOf(report)[0]).toMatchObject({ level: 'fail', rule: 'twin-accuracy' });
    // Its ratio is 8.7% higher, as between two seeds: no finding.
    expect(decisiveRules(report)).not.toContain('mlpAttentionRatio');
  });

  it('a policy that only warns of each half fails a checkpoint of which both halves warn', async () => {
    const file = join(temporaryFolder(), 'policy.yml');
    const probes = JSON.stringify(example('probes.jsonl'));
    const levels = 'twin-accuracy: {level: warn}\nanswer-likelihood: {level: warn}\nshadow-delta: {level: warn}\n';
    const strict = 'rules: [{metric: mlpAttentionRatio, direction: up, relative: 0.05}]\n';
    writeFileSync(file, `probes: [${probes}]\n${levels}${strict}`);
    const report = await reportOn('benchmark-aligned', 'coverage-expanding', file);
    expect(report.verdict).toBe('fail');
    expect(reasonsOf(report)[0]).toMatchObject({ level: 'fail', rule: 'two-key' });
    const { report: half } = await runGate({
      checkpoint: example('benchmark-aligned'),
      baseline: example('coverage-expanding'),
      policy: file,
      only: 'probes',
    });
    expect(half.verdict).toBe('warn');
  });

  it('a time budget runs a part of the probes, and the baseline answers the same part', async () => {
    const { report, measurement } = await runGate({
      checkpoint: example('coverage-expanding'),
      baseline: example('base'),
      only: 'probes',
      policy,
      budgetSeconds: 0.05,
    });
    // The budget is the baseline's: the candidate is asked the baseline's items.
    const { items, suites } = probesOf(measurement);
    expect(items.length).toBeGreaterThan(0);
    expect(items.length).toBeLessThan(suites[0]?.items ?? 0);
    const facts = new Set(items.map(({ fact }) => fact)).size;
    expect(report.probes?.comparison.rows[0]?.facts).toBe(facts);
  });
});

describe('the adapters of a real model', () => {
  it('have the norms that torch computes, and warn without their base for the size of the update', async () => {
    const { report } = await runGate({
      checkpoint: example('real-model/memorized'),
      baseline: example('real-model/learned'),
      only: 'spectra',
    });
    const norm = reasonsOf(report).find(({ message }) => /^Frobenius norm of ΔW in q_proj/.test(message));
    // torch.linalg.matrix_norm of 2 · B · A in float64: the medians of the ten layers.
    expect(norm?.candidate).toBeCloseTo(6.999503557509577, 8);
    expect(norm?.baseline).toBeCloseTo(1.594193893636608, 8);
    expect(report.verdict).toBe('warn');
  });
});
