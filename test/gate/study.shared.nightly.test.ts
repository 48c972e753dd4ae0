import { expect, it } from 'vitest';
import type { Report } from '../../src/compare/report.ts';
import { describeNeeds } from '../needs.ts';
import { runGate } from './run-gate.ts';
import { expectVerdict, inStudy, study, studyPolicy } from './study.ts';

describeNeeds(study !== null, '../shared/zoo')('the checkpoints of the controlled study', () => {
  it.each<[string, string, Report['verdict'], string[]]>([
    ['A-BA-0', 'trained on the benchmark format', 'fail', ['shadow-delta']],
    ['A-CE-0', 'trained for coverage', 'pass', []],
    ['A-MIX-0', 'trained on much of the benchmark format, and healthy', 'pass', []],
    ['A-CEHALF-0', 'trained for coverage at half the learning rate', 'pass', []],
    ['A-CTRL-0', 'trained on more of the same', 'pass', []],
    ['A-PR-0', 'trained on repeated prompts', 'fail', ['retention', 'shadow-delta']],
  ])('%s, %s, has the verdict %s, with the log-likelihoods of torch', async (name, _, verdict, rules) => {
    await expectVerdict(name, verdict, rules);
  });

  it('the base as both baseline and reference has no update: the probes decide, and the spectra alone cannot', async () => {
    const options = {
      checkpoint: inStudy('A-CE-0'),
      reference: inStudy('baseA'),
      baseline: inStudy('baseA'),
      policy: studyPolicy(),
    };
    const { report } = await runGate(options);
    expect(report.verdict).toBe('pass');
    const alone = await runGate({ ...options, only: 'spectra' });
    expect(alone.report.verdict).toBe('inconclusive');
  });
});
