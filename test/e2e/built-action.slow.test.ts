import { beforeAll, describe, expect, it } from 'vitest';
import { repository } from '../fixtures.ts';
import { HOSTILE_NAMES } from '../report/fixtures.ts';
import { builtDist, nodes } from './built-dist.ts';
import { annotations, FAIL, levels, useRig, WARN, WEIGHTS } from './rig.ts';
import { PUSH } from './run-action.ts';
import { TINY_NAMES, writeTinyCheckpoint } from './tiny-checkpoint.ts';

// What only a process of the built action can show: that the bundle works, its exit code, and that it ends. Everything
// else about the action is tested in process.

const rig = useRig();
let dist: string;
beforeAll(async () => {
  dist = await builtDist();
});

describe.each(nodes())('with %s', (node) => {
  it('the built action measures, comments, uploads and caches, and its next run finds what it has left', async () => {
    const executable = { dist, node };
    const push = await rig.spawn(executable, WARN, { event: PUSH, runId: 1 });
    expect(push.code, push.log).toBe(0);
    expect(levels(push)).toEqual(['warning']);
    rig.end(1, 'push', 'success');
    expect(rig.results.cache.all.map(({ key }) => key.replace(/\/.*/, ''))).toEqual([
      'shadow-gate-measurement',
      'shadow-gate-baseline',
      'shadow-gate-spectra',
    ]);

    const pull = await rig.spawn(executable, { ...WARN, baseline: 'artifact' });
    expect(pull.code, pull.log).toBe(0);
    expect(levels(pull)).toEqual(['notice']);
    expect(pull.log).toContain('From the cache: measured at');
    expect(pull.outputs).toMatchObject({ verdict: 'pass', comment: rig.github.comments[0]?.html_url });
    expect(pull.summary).toContain('Shadow Gate');
  });
});

it('the built action exits with 1 for a failure', async () => {
  const outcome = await rig.spawn({ dist }, FAIL);
  expect(outcome.code, outcome.log).toBe(1);
  expect(outcome.outputs.verdict).toBe('fail');
  expect(annotations(outcome).map(({ name, message }) => [name, message])).toEqual([
    ['error', expect.stringContaining(TINY_NAMES[3] ?? '')],
  ]);
});

it('the built action reports an error in one line, without a stack', async () => {
  const outcome = await rig.spawn({ dist }, { checkpoint: 'nowhere' });
  expect(outcome.code).toBe(1);
  expect(annotations(outcome).map(({ name, message }) => [name, message])).toEqual([
    ['error', expect.stringMatching(/^nowhere does not exist[^\n]*$/)],
  ]);
  expect(outcome.log).not.toMatch(/^\s+at /m);
});

it('the built action runs probes', async () => {
  const outcome = await rig.spawn(
    { dist },
    {
      checkpoint: repository('examples', 'base'),
      only: 'probes',
      policy: repository('examples', 'shadow-gate.yml'),
      budget: '40s',
    },
  );
  expect(outcome.outputs.verdict, outcome.log).toBe('warn');
  expect(outcome.log).toMatch(/\d+ probes/);
});

it('no name in a checkpoint runs a workflow command of the built action', async () => {
  const hostile = HOSTILE_NAMES.filter((name) => name.length < 1000 && /::|##/.test(name)).slice(0, TINY_NAMES.length);
  expect(hostile).not.toEqual([]);
  await writeTinyCheckpoint(rig.path('hostile'), {
    rename: (tensor) => `${hostile[TINY_NAMES.indexOf(tensor)] ?? ''}${tensor}`,
    edit: (_, values) => values.fill(Number.NaN),
  });
  const outcome = await rig.spawn({ dist }, { ...WEIGHTS, checkpoint: 'hostile' });
  expect(outcome.outputs.verdict, outcome.log).toBe('fail');
  expect(annotations(outcome).map(({ name }) => name)).toEqual(['error']);
  expect(outcome.log).not.toContain('##[');
});
