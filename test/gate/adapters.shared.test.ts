import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/compare/finding.ts';
import type { Report } from '../../src/compare/report.ts';
import { fixture } from '../fixtures.ts';
import { runGate } from './run-gate.ts';

const base = fixture('llama-f32');
const run = (name: string) => fixture(`adapter-runs/${name}`);

/** The gate's spectra of one adapter trained with PEFT on the fixture llama-f32, against another checkpoint. */
async function gate(candidate: string, baseline: string): Promise<Report> {
  const { report } = await runGate({ checkpoint: run(candidate), reference: base, baseline, only: 'spectra' });
  return report;
}

const grave = ({ findings }: Report) => findings.filter(({ level }) => level !== 'info').map(summary);
const summary = (finding: Finding) =>
  finding.kind === 'metric-moved' && finding.scope.kind === 'modules'
    ? `${finding.level} ${finding.metric} ${finding.scope.name}`
    : `${finding.level} ${finding.kind}`;

describe('adapters trained with PEFT, by default', () => {
  it.each([
    ['a few steps more of a healthy run', 'healthy-70', 'healthy-60'],
    ['another seed', 'seed-70', 'healthy-70'],
  ])('%s passes', async (_, candidate, baseline) => {
    const report = await gate(candidate, run(baseline));
    expect(grave(report)).toEqual([]);
    expect(report.verdict).toBe('pass');
  });

  it('a run that collapsed fails by the norm of every module type, whatever its concentration', async () => {
    const report = await gate('collapsed-70', run('healthy-70'));
    expect(report.verdict).toBe('fail');
    expect(grave(report).filter((found) => found.startsWith('fail'))).toEqual([
      'fail frobeniusNorm q_proj',
      'fail frobeniusNorm v_proj',
    ]);
  });

  it('has no earlier update when compared with its base model: one finding, and none about its factors', async () => {
    const { report } = await runGate({
      checkpoint: run('healthy-70'),
      reference: base,
      baseline: base,
      only: 'spectra',
    });
    expect(grave(report)).toEqual(['inconclusive baseline-is-reference']);
  });
});
