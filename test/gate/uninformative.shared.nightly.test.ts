import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { shared, temporaryFolder } from '../fixtures.ts';
import { itNeeds } from '../needs.ts';
import { decisiveRules, runGate } from './run-gate.ts';

const models = shared('models');

/** A smaller one is in probes.shared.test.ts. */
itNeeds(models !== null, '../shared/models')(
  'a real model at chance in the built-in suite is judged by the likelihood of right answers, and without a baseline by nothing',
  async () => {
    const checkpoint = join(models ?? '', 'stories260K');
    const policy = join(temporaryFolder(), 'policy.yml');
    writeFileSync(policy, 'on-missing-baseline: pass\n');
    const beside = await runGate({ checkpoint, baseline: checkpoint, policy, only: 'probes' });
    expect(beside.report.verdict).toBe('pass');
    expect(beside.report.findings.map(({ kind }) => kind)).toContain('judged-by-likelihood');
    const { report } = await runGate({ checkpoint, policy, only: 'probes' });
    expect(report.verdict).toBe('inconclusive');
    expect(decisiveRules(report)).toEqual(['not-informative']);
  },
);
