import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { shared, temporaryFolder } from '../fixtures.ts';
import { itNeeds } from '../needs.ts';
import { decisiveRules, runGate } from './run-gate.ts';

const models = shared('models');

/** A smaller one is in probes.test.ts. */
itNeeds(models !== null, '../shared/models')(
  'a real model at chance in the built-in suite is never a pass, with a baseline or without one',
  async () => {
    const checkpoint = join(models ?? '', 'stories260K');
    const policy = join(temporaryFolder(), 'policy.yml');
    writeFileSync(policy, 'on-missing-baseline: pass\n');
    for (const baseline of [checkpoint, undefined]) {
      const { report } = await runGate({ checkpoint, baseline, policy, only: 'probes' });
      expect(report.verdict).toBe('inconclusive');
      expect(decisiveRules(report)).toEqual(['not-informative']);
    }
  },
);
