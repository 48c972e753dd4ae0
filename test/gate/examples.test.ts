import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository, temporaryFolder } from '../fixtures.ts';
import { reasonsOf } from './reasons.ts';
import { decisiveRules, probesOf, runGate } from './run-gate.ts';

const example = (name: string) => repository('examples', name);
const policy = example('shadow-gate.yml');

describe('the example checkpoints', () => {
  const pair = { reference: example('base'), baseline: example('base'), policy };

  it('the benchmark-aligned checkpoint fails by its shadow delta, and the report shows three flips', async () => {
    const { report } = await runGate({ checkpoint: example('benchmark-aligned'), ...pair });
    expect(report.verdict).toBe('fail');
    expect(reasonsOf(report)[0]).toMatchObject({ level: 'fail', rule: 'shadow-delta' });
    expect(reasonsOf(report)[0]?.message).toMatch(/^The shadow delta is 3\d\.\d\spoints/);
    expect(report.probes?.comparison.flips).toHaveLength(3);
  });

  it('the coverage-expanding checkpoint passes', async () => {
    const { report } = await runGate({ checkpoint: example('coverage-expanding'), ...pair });
    expect(decisiveRules(report)).toEqual([]);
    expect(report.verdict).toBe('pass');
    // The docs: benchmark form from .52 to .98, twins in new formats from .47 to .72 and more.
    expect(report.probes?.comparison.rows[0]?.benchmark.candidate).toBeGreaterThan(0.97);
  });

  it('the prompt-repetition checkpoint fails by the knowledge that it lost, not by a shadow delta', async () => {
    const { report } = await runGate({ checkpoint: example('prompt-repetition'), ...pair });
    expect(report.verdict).toBe('fail');
    expect(decisiveRules(report)).toContain('retention');
    expect(decisiveRules(report)).not.toContain('shadow-delta');
  });

  it('the benchmark-aligned checkpoint fails against the coverage-expanding one too', async () => {
    const { report } = await runGate({
      ...pair,
      checkpoint: example('benchmark-aligned'),
      baseline: example('coverage-expanding'),
    });
    expect(reasonsOf(report)[0]).toMatchObject({ level: 'fail', rule: 'twin-accuracy' });
    expect(decisiveRules(report)).toContain('mlpAttentionRatio');
  });

  it('a policy that only warns of each half fails a checkpoint of which both halves warn', async () => {
    const file = join(temporaryFolder(), 'policy.yml');
    const probes = JSON.stringify(example('probes.jsonl'));
    writeFileSync(file, `probes: [${probes}]\ntwin-accuracy: {level: warn}\nshadow-delta: {level: warn}\n`);
    const options = {
      checkpoint: example('benchmark-aligned'),
      baseline: example('coverage-expanding'),
      policy: file,
    };
    const { report } = await runGate({ ...options, reference: example('base') });
    expect(report.verdict).toBe('fail');
    expect(reasonsOf(report)[0]).toMatchObject({ level: 'fail', rule: 'two-key' });
    const { report: half } = await runGate({ ...options, only: 'probes' });
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
    const { items, suites, budgetSeconds } = probesOf(measurement);
    expect(budgetSeconds).toBe(0.05);
    expect(items.length).toBeGreaterThan(0);
    expect(items.length).toBeLessThan(suites[0]?.items ?? 0);
    const facts = new Set(items.map(({ fact }) => fact)).size;
    expect(report.probes?.comparison.rows[0]?.facts).toBe(facts);
  });
});
