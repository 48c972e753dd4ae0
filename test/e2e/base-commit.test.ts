import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { repository } from '../fixtures.ts';
import { annotations, useRig, WARN, WEIGHTS } from './rig.ts';
import { BASE_SHA, HEAD_SHA, MERGE_GROUP, type Outcome, PULL_REQUEST, PUSH } from './run-action.ts';

// Policy and baseline are read at the base commit: nothing that a pull request brings can loosen what it is judged by.

const rig = useRig({ hasServices: false });

const BROKEN = { ...WEIGHTS, checkpoint: 'broken' };
const POLICY = 'shadow-gate.yml';
const STRICT = 'non-finite: { level: fail }\n';
const LAX = 'non-finite: { level: info }\n';

const measurementOf = async ({ outputs }: Outcome) => readFile(outputs.measurement ?? '', 'utf8');

describe('the policy of a pull request', () => {
  it('a policy that a pull request loosens gains it nothing, and the report says so', async () => {
    rig.github.files.set(`${BASE_SHA}:${POLICY}`, STRICT);
    rig.github.files.set(`${HEAD_SHA}:${POLICY}`, LAX);
    await writeFile(rig.path(POLICY), LAX);
    for (const event of [undefined, MERGE_GROUP]) {
      const outcome = await rig.gate(BROKEN, event ? { event } : {});
      expect(outcome.outputs.verdict, outcome.log).toBe('fail');
      expect(outcome.summary).toContain('This change edits the policy');
    }
    // After merging, it counts.
    expect((await rig.gate(BROKEN, { event: PUSH })).outputs.verdict).toBe('warn');
  });

  it('a policy that a pull request adds does not count, unless a workflow names it or a step has written it', async () => {
    await writeFile(rig.path(POLICY), LAX);
    expect((await rig.gate(BROKEN)).outputs.verdict).toBe('warn');
    rig.github.files.set(`${HEAD_SHA}:${POLICY}`, LAX);
    expect((await rig.gate(BROKEN)).outputs.verdict).toBe('fail');
    expect((await rig.gate({ ...BROKEN, policy: POLICY })).outputs.verdict).toBe('warn');
  });
});

it('pull_request_target, whose own commit is the base, uses no policy or baseline of the pull request', async () => {
  const head = 'c'.repeat(40);
  const { payload } = PULL_REQUEST;
  const event = {
    name: 'pull_request_target',
    payload: { ...payload, pull_request: { ...payload.pull_request, head: { sha: head } } },
  };
  const broken = await rig.gate({ ...BROKEN, 'fail-on': 'never' }, { event: PUSH });
  for (const [path, text] of [
    [POLICY, LAX],
    ['baseline.json', await measurementOf(broken)],
  ] as const) {
    await writeFile(rig.path(path), text);
    rig.github.files.set(`${head}:${path}`, text);
  }
  const outcome = await rig.gate({ ...BROKEN, baseline: 'baseline.json' }, { event });
  expect(outcome.outputs.verdict, outcome.log).toBe('fail');
  expect(outcome.log).toContain('the one in this change does not count');
  expect(outcome.summary).toContain('This change adds the policy');
});

it('a run for a review of a pull request is judged by the base commit too', async () => {
  rig.github.files.set(`${BASE_SHA}:${POLICY}`, STRICT);
  await writeFile(rig.path(POLICY), LAX);
  const outcome = await rig.gate(BROKEN, { event: { ...PULL_REQUEST, name: 'pull_request_review' } });
  expect(outcome.outputs.verdict, outcome.log).toBe('fail');
});

describe('a checkout in an unusual place', () => {
  it('the policy of the base commit is used if the repository is checked out in a folder of the workspace', async () => {
    const checkout = async (folder: string, url: string) => {
      await mkdir(rig.path(folder, '.git'), { recursive: true });
      await writeFile(rig.path(folder, '.git', 'config'), `[remote "origin"]\n\turl = ${url}\n`);
      await writeFile(rig.path(folder, POLICY), LAX);
    };
    await checkout('code', 'https://github.com/o/r');
    await checkout('rules', 'https://github.com/o/rules');
    rig.github.files.set(`${BASE_SHA}:${POLICY}`, STRICT);
    const outcome = await rig.gate({ ...BROKEN, policy: 'code/shadow-gate.yml' });
    expect(outcome.outputs.verdict, outcome.log).toBe('fail');
    // A policy of another repository counts if a workflow names it.
    expect((await rig.gate({ ...BROKEN, policy: 'rules/shadow-gate.yml' })).outputs.verdict).toBe('warn');
  });

  it('the policy of the base commit is used if its path is absolute and the workspace a link', async () => {
    const link = `${rig.path()}-link`;
    await symlink(rig.path(), link);
    try {
      await writeFile(rig.path(POLICY), LAX);
      rig.github.files.set(`${BASE_SHA}:${POLICY}`, STRICT);
      const environment = { GITHUB_WORKSPACE: link };
      const outcome = await rig.gate({ ...BROKEN, policy: `${link}/${POLICY}` }, { environment });
      expect(outcome.outputs.verdict, outcome.log).toBe('fail');
    } finally {
      await rm(link);
    }
  });
});

describe('the baseline of a pull request', () => {
  const PATH = '.shadow-gate/baseline.json';
  /** A measurement of another model, which `model` cannot be compared with. */
  const foreign = async () => {
    const checkpoint = repository('examples', 'base');
    const { outputs } = await rig.gate({ ...WEIGHTS, checkpoint, out: 'foreign' }, { event: PUSH });
    return readFile(outputs.measurement ?? '', 'utf8');
  };
  const own = async () => {
    const { outputs } = await rig.gate({ ...WARN, out: 'own' }, { event: PUSH });
    return readFile(outputs.measurement ?? '', 'utf8');
  };

  it('a baseline that a pull request brings gains it nothing: that of the base commit is used, and the report says so', async () => {
    await mkdir(rig.path('.shadow-gate'));
    await writeFile(rig.path(PATH), await own());
    rig.github.files.set(`${HEAD_SHA}:${PATH}`, await own());
    rig.github.files.set(`${BASE_SHA}:${PATH}`, await foreign());
    const outcome = await rig.gate(WARN);
    expect(outcome.outputs.verdict, outcome.log).toBe('inconclusive');
    expect(rig.github.comments[0]?.body).toContain('as of commit [<code>bbbbbbb</code>');
  });

  it('a baseline that only the pull request has does not count', async () => {
    await mkdir(rig.path('.shadow-gate'));
    await writeFile(rig.path(PATH), await own());
    rig.github.files.set(`${HEAD_SHA}:${PATH}`, await own());
    const outcome = await rig.gate(WARN);
    expect(outcome.outputs.verdict, outcome.log).toBe('warn');
    expect(outcome.log).toContain('the one in this change does not count');
  });

  it('a checkpoint that a pull request puts in place of the baseline does not count', async () => {
    rig.github.files.set(`${BASE_SHA}:${PATH}`, await foreign());
    await mkdir(rig.path('.shadow-gate'));
    await symlink(rig.path(WARN.checkpoint), rig.path(PATH));
    const outcome = await rig.gate(WARN);
    expect(outcome.outputs.verdict, outcome.log).toBe('inconclusive');
  });

  it('a baseline behind a link that a pull request puts in place of a folder does not count', async () => {
    await mkdir(rig.path('elsewhere'));
    await writeFile(rig.path('elsewhere', 'baseline.json'), await own());
    await symlink('elsewhere', rig.path('.shadow-gate'));
    rig.github.files.set(`${HEAD_SHA}:.shadow-gate`, 'elsewhere');
    const outcome = await rig.gate(WARN);
    expect(outcome.outputs.verdict, outcome.log).toBe('warn');
  });

  it('a baseline of the workspace counts if a step has written it, and on push; a merge group is judged by its base', async () => {
    await mkdir(rig.path('.shadow-gate'));
    await writeFile(rig.path(PATH), await own());
    expect((await rig.gate(WARN)).outputs.verdict).toBe('pass');
    rig.github.files.set(`${BASE_SHA}:${PATH}`, await foreign());
    expect((await rig.gate(WARN, { event: PUSH })).outputs.verdict).toBe('pass');
    expect((await rig.gate(WARN, { event: MERGE_GROUP })).outputs.verdict).toBe('inconclusive');
  });

  it('a baseline that cannot be read at the base commit is an error, not a verdict with another baseline', async () => {
    rig.github.canRead = false;
    const outcome = await rig.gate(WARN);
    expect(outcome.code).toBe(1);
    expect(outcome.outputs).toEqual({});
    expect(annotations(outcome)[0]?.message).toMatch(/could not be read at the base commit bbbbbbb.*contents: read/);
    rig.github.canRead = true;
    rig.github.faults.push({ request: /git\/commits/, status: 500 });
    expect(annotations(await rig.gate(WARN))[0]?.message).toMatch(/could not be read at the base commit bbbbbbb/);
  });
});
