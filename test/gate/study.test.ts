import { expect, it } from 'vitest';
import { describeNeeds } from '../needs.ts';
import { runGate } from './run-gate.ts';
import { expectVerdict, inStudy, study, studyPolicy } from './study.ts';

/** All checkpoints are in study.slow.test.ts. */
describeNeeds(study !== null, '../shared/zoo')('the checkpoints of the controlled study', () => {
  it('A-BA-0, trained on the benchmark format, fails with the log-likelihoods of torch', async () => {
    await expectVerdict('A-BA-0', 'fail', ['shadow-delta']);
  });

  it('A-CE-0, trained for coverage, passes with the log-likelihoods of torch', async () => {
    await expectVerdict('A-CE-0', 'pass', []);
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
