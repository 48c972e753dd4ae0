import { readFileSync } from 'node:fs';
import { ACTION } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { policyText } from '../../../src/cli/init/policy-text.ts';
import { ACTION_PINS, type WorkflowFacts, workflowText } from '../../../src/cli/init/workflow-text.ts';
import { parsePolicy } from '../../../src/policy/load.ts';
import { repository } from '../../fixtures.ts';

const LOCAL: WorkflowFacts = {
  action: ACTION,
  source: { kind: 'local', checkpoint: 'models/candidate', lfs: true },
  reference: 'models/base',
  baseline: null,
  only: null,
  budget: null,
  usesHub: false,
  timeoutMinutes: 60,
};

const jobOf = (facts: WorkflowFacts) => parse(workflowText(facts)).jobs.gate;
const gateOf = (facts: WorkflowFacts) => jobOf(facts).steps.find(({ id }: { id?: string }) => id === 'gate');

describe('the workflow that init writes', () => {
  it('does what the workflow of the examples does', () => {
    const example = parse(readFileSync(repository('examples/workflows/pull-request.yml'), 'utf8'));
    const own = parse(workflowText(LOCAL));
    expect(own.name).toBe(example.name);
    expect(own.permissions).toEqual(example.permissions);
    expect(own.jobs.gate.permissions).toEqual({ ...example.jobs.gate.permissions, checks: 'write' });
    expect(own.jobs.gate.steps).toEqual(example.jobs.gate.steps);
    expect(own.on.pull_request.types).toEqual(example.on.pull_request.types);
    expect(own.on.pull_request.paths).toEqual(['models/candidate/**', 'models/base/**', 'shadow-gate.yml']);
    expect(Object.keys(own.on)).toEqual(['pull_request', 'merge_group']);
  });

  it('pins actions as the examples do', () => {
    const example = readFileSync(repository('examples/workflows/pull-request.yml'), 'utf8');
    for (const pin of Object.values(ACTION_PINS)) expect(example).toContain(`uses: ${pin}\n`);
  });

  it('fetches what is in Git LFS only where something is', () => {
    const source = { kind: 'local', checkpoint: 'm', lfs: false } as const;
    expect(jobOf(LOCAL).steps[0].with).toHaveProperty('lfs', true);
    expect(jobOf({ ...LOCAL, source }).steps[0].with).not.toHaveProperty('lfs');
  });

  it('reads a commit of a hub from a file that the pull request changes, with the token of the hub', () => {
    const facts: WorkflowFacts = {
      ...LOCAL,
      source: { kind: 'hub', folder: 'sub' },
      usesHub: true,
      reference: 'hf://org/base',
    };
    expect(parse(workflowText(facts)).on.pull_request.paths).toEqual(['candidate.txt', 'shadow-gate.yml']);
    expect(gateOf(facts).env).toEqual({ HF_TOKEN: `\${{ secrets.HF_TOKEN }}` });
    expect(gateOf(facts).with.checkpoint).toBe(
      `hf://\${{ steps.candidate.outputs.model }}@\${{ steps.candidate.outputs.revision }}/sub`,
    );
  });

  it('runs on no machine of its owner for a fork, where the server is private', () => {
    const source = { kind: 'server', endpoint: 'http://10.0.0.1:8000/v1', tokenizer: null, isPrivate: true } as const;
    const job = jobOf({ ...LOCAL, source, reference: null });
    expect(job['runs-on']).toMatch(/fork && 'ubuntu-latest' \|\| fromJSON/);
    expect(job.steps[0].if).toBe('github.event.pull_request.head.repo.fork');
    expect(job.steps[0].run).toContain('exit 1');
  });

  it('has no filter where no filter is right', () => {
    const source = { kind: 'local', checkpoint: '.', lfs: false } as const;
    expect(parse(workflowText({ ...LOCAL, source })).on.pull_request).not.toHaveProperty('paths');
  });
});

describe('the policy that init writes', () => {
  it.each([null, true, false])('is valid, also with its comments as settings: chat template %j', (chatTemplate) => {
    const text = policyText(chatTemplate);
    const policy = parsePolicy(text, 'shadow-gate.yml');
    expect(policy.probes).toEqual(['builtin']);
    // A line that begins with a key of the policy is one that can be uncommented.
    const keys = /^# (twin-accuracy:.*| {2}margin:.*)$|^ {2}# (- benchmarks.*)$/gm;
    const changed = parsePolicy(
      text.replace(keys, (_, key, file) => key ?? `  ${file}`),
      'shadow-gate.yml',
    );
    expect(changed['twin-accuracy'].margin).toBe(0.05);
    expect(changed.probes).toEqual(['builtin', 'benchmarks/mmlu.csv']);
    expect(changed['chat-template']).toBe(chatTemplate ?? false);
  });
});
