import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { repository } from '../fixtures.ts';
import { annotations, PASS, useRig, WARN, WEIGHTS } from './rig.ts';
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

  it('a policy that a pull request adds does not count, even if a workflow names it; one that a step has written does', async () => {
    await writeFile(rig.path(POLICY), LAX);
    expect((await rig.gate(BROKEN)).outputs.verdict).toBe('warn');
    rig.github.files.set(`${HEAD_SHA}:${POLICY}`, LAX);
    expect((await rig.gate(BROKEN)).outputs.verdict).toBe('fail');
    expect((await rig.gate({ ...BROKEN, policy: POLICY })).outputs.verdict).toBe('fail');
    await writeFile(rig.path('gate.yml'), LAX);
    expect((await rig.gate({ ...BROKEN, policy: 'gate.yml' })).outputs.verdict).toBe('warn');
    rig.github.files.set(`${HEAD_SHA}:gate.yml`, LAX);
    const named = await rig.gate({ ...BROKEN, policy: 'gate.yml' });
    expect(named.outputs.verdict).toBeUndefined();
    expect(annotations(named)[0]?.message).toMatch(/no policy gate.yml, and the one in this change does not count/);
  });

  it('a policy that the base has deleted does not come back from a stale branch', async () => {
    await writeFile(rig.path(POLICY), LAX);
    const stale = 'c'.repeat(40);
    rig.github.files.set(`${stale}:${POLICY}`, LAX);
    await rig.checkOut('.', stale);
    const outcome = await rig.gate(BROKEN);
    expect(outcome.outputs.verdict, outcome.log).toBe('fail');
  });

  it.each(['short', 'empty'] as const)('a policy that arrives %s is not an empty policy', async (status) => {
    rig.github.files.set(`${BASE_SHA}:${POLICY}`, STRICT);
    rig.github.faults.push({ request: /git\/blobs/, status, times: 2 });
    expect((await rig.gate(BROKEN)).outputs.verdict).toBe('fail');
    for (const request of [/git\/blobs/, /git\/trees/, /git\/commits/]) {
      rig.github.faults.splice(0);
      rig.github.faults.push({ request, status });
      const outcome = await rig.gate(BROKEN);
      expect(outcome.code, String(request)).toBe(1);
      expect(annotations(outcome)[0]?.message).toMatch(/could not be read at the base commit bbbbbbb/);
    }
  });

  it('a policy behind a link is that of the base commit, wherever the change lets the link lead', async () => {
    const link = (sha: string, target: string) => {
      rig.github.files.set(`${sha}:${POLICY}`, target);
      rig.github.modes.set(`${sha}:${POLICY}`, '120000');
    };
    rig.github.files.set(`${BASE_SHA}:rules/strict.yml`, STRICT);
    rig.github.files.set(`${HEAD_SHA}:rules/strict.yml`, STRICT);
    rig.github.files.set(`${HEAD_SHA}:rules/lax.yml`, LAX);
    link(BASE_SHA, 'rules/strict.yml');
    link(HEAD_SHA, 'rules/lax.yml');
    await writeFile(rig.path(POLICY), LAX);
    const outcome = await rig.gate(BROKEN);
    expect(outcome.outputs.verdict, outcome.log).toBe('fail');
    expect(outcome.summary).toContain('This change edits the policy');
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
  const named = await rig.gate({ ...BROKEN, baseline: 'baseline.json' }, { event });
  expect(named.outputs.verdict).toBeUndefined();
  expect(annotations(named)[0]?.message).toContain('the one in this change does not count');
  const outcome = await rig.gate(BROKEN, { event });
  expect(outcome.outputs.verdict, outcome.log).toBe('fail');
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
    await rig.checkOut('code', HEAD_SHA);
    await rig.checkOut('rules', 'd'.repeat(40), 'o/rules');
    for (const folder of ['code', 'rules']) await writeFile(rig.path(folder, POLICY), LAX);
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
  /** A measurement of another model, which fails every comparison with `model`. */
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
    expect(outcome.outputs.verdict, outcome.log).toBe('fail');
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
    expect(outcome.outputs.verdict, outcome.log).toBe('fail');
  });

  it('a baseline behind a link that a pull request puts in place of a folder does not count', async () => {
    await mkdir(rig.path('elsewhere'));
    await writeFile(rig.path('elsewhere', 'baseline.json'), await own());
    await symlink('elsewhere', rig.path('.shadow-gate'));
    rig.github.files.set(`${HEAD_SHA}:.shadow-gate`, 'elsewhere');
    rig.github.modes.set(`${HEAD_SHA}:.shadow-gate`, '120000');
    const outcome = await rig.gate(WARN);
    expect(outcome.outputs.verdict, outcome.log).toBe('warn');
  });

  it('a baseline of the workspace counts if a step has written it, and on push; a merge group is judged by its base', async () => {
    await mkdir(rig.path('.shadow-gate'));
    await writeFile(rig.path(PATH), await own());
    expect((await rig.gate(WARN)).outputs.verdict).toBe('pass');
    rig.github.files.set(`${BASE_SHA}:${PATH}`, await foreign());
    expect((await rig.gate(WARN, { event: PUSH })).outputs.verdict).toBe('pass');
    expect((await rig.gate(WARN, { event: MERGE_GROUP })).outputs.verdict).toBe('fail');
  });

  it('a baseline that somebody names and that is not there is an error, not a warning', async () => {
    for (const event of [PULL_REQUEST, PUSH]) {
      const outcome = await rig.gate({ ...WARN, baseline: 'none.json' }, { event });
      expect(outcome.code).toBe(1);
      expect(outcome.outputs.verdict).toBeUndefined();
      expect(annotations(outcome)[0]?.message).toMatch(/the baseline none.json does not exist/);
    }
  });

  it('a baseline in Git LFS is named as such', async () => {
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'1'.repeat(64)}\nsize 9\n`;
    rig.github.files.set(`${BASE_SHA}:${PATH}`, pointer);
    const outcome = await rig.gate(WARN);
    expect(outcome.code).toBe(1);
    expect(annotations(outcome)[0]?.message).toMatch(/is a Git LFS pointer at the base commit bbbbbbb.*gitattributes/);
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

describe('weights that a workflow names', () => {
  const POINTERS = ['1', '2'].map(
    (digit) => `version https://git-lfs.github.com/spec/v1\noid sha256:${digit.repeat(64)}\n`,
  );
  const commitModel = (sha: string, pointer: string | undefined) => {
    rig.github.files.set(`${sha}:model/config.json`, '{}');
    rig.github.files.set(`${sha}:model/model.safetensors`, pointer ?? '');
  };

  it.each([
    ['baseline', { ...WEIGHTS, checkpoint: 'broken', baseline: 'model' }],
    ['reference', { ...WEIGHTS, checkpoint: 'candidate', reference: 'model' }],
  ] as const)('a %s that the change replaces makes the verdict inconclusive, in words', async (what, inputs) => {
    await cp(rig.path('model'), rig.path('candidate'), { recursive: true });
    commitModel(BASE_SHA, POINTERS[0]);
    commitModel(HEAD_SHA, POINTERS[1]);
    const candidate = { ...inputs, checkpoint: 'candidate' };
    const outcome = await rig.gate(candidate);
    expect(outcome.outputs.verdict, outcome.log).toBe('inconclusive');
    expect(outcome.code).toBe(1);
    expect(rig.github.comments[0]?.body).toContain(`This change edits the ${what} <code>model</code>`);
    // A change of the candidate alone.
    commitModel(HEAD_SHA, POINTERS[0]);
    expect((await rig.gate(candidate)).outputs.verdict).not.toBe('inconclusive');
  });

  it('a checkpoint that is named as the baseline and that only the change has is an error', async () => {
    commitModel(HEAD_SHA, POINTERS[0]);
    const outcome = await rig.gate(PASS);
    expect(outcome.outputs.verdict).toBeUndefined();
    expect(annotations(outcome)[0]?.message).toMatch(/no baseline model, and the one in this change does not count/);
  });

  it('a workflow that the change edits is named, and there is no clean pass', async () => {
    const file = '.github/workflows/gate.yml';
    rig.github.files.set(`${BASE_SHA}:${file}`, 'on: pull_request\n');
    rig.github.files.set(`${HEAD_SHA}:${file}`, 'on: pull_request\n');
    const environment = { GITHUB_WORKFLOW_REF: `o/r/${file}@refs/pull/7/merge` };
    expect((await rig.gate(PASS, { environment })).outputs.verdict).toBe('pass');
    rig.github.files.set(`${HEAD_SHA}:${file}`, 'on: pull_request # and fail-on: never\n');
    const outcome = await rig.gate(PASS, { environment });
    expect(outcome.outputs.verdict).toBe('warn');
    expect(outcome.summary).toContain('This change edits the workflow');
  });

  it('an action of the repository that the change edits is named like the workflow', async () => {
    const file = '.github/actions/measure/action.yml';
    rig.github.files.set(`${BASE_SHA}:${file}`, 'runs: { using: composite }\n');
    rig.github.files.set(`${HEAD_SHA}:${file}`, 'runs: { using: composite }\n');
    expect((await rig.gate(PASS)).outputs.verdict).toBe('pass');
    rig.github.files.set(`${HEAD_SHA}:${file}`, 'runs: { using: composite } # and another checkpoint\n');
    const outcome = await rig.gate(PASS);
    expect(outcome.outputs.verdict, outcome.log).toBe('warn');
    expect(outcome.summary).toContain('This change edits the files of the workflow in <code>.github/actions</code>');
  });
});

it('an edited probe file lets nothing be concluded if both models are measured now, and the old questions are asked', async () => {
  const exam = (name: string) =>
    [1, 2, 3]
      .map((n) => ({ id: `${name}${n}`, question: `Which is ${n}?`, choices: ['a', 'b', 'c', 'd'], answer: 0 }))
      .map((record) => `${JSON.stringify(record)}\n`)
      .join('');
  const checkpoint = repository('examples', 'base');
  for (const [sha, name] of [
    [BASE_SHA, 'old'],
    [HEAD_SHA, 'new'],
  ] as const) {
    rig.github.files.set(`${sha}:${POLICY}`, 'probes: [exam.jsonl]\n');
    rig.github.files.set(`${sha}:exam.jsonl`, exam(name));
  }
  await writeFile(rig.path('exam.jsonl'), exam('new'));
  const outcome = await rig.gate({ checkpoint, baseline: checkpoint, only: 'probes', comment: 'off' });
  expect(outcome.outputs.verdict, outcome.log).toBe('inconclusive');
  expect(outcome.summary).toContain('This change edits the probe file <code>exam.jsonl</code>');
  expect(outcome.summary).toContain('nobody has approved the answers');
  const asked = await measurementOf(outcome);
  expect(asked).toContain('old1');
  expect(asked).not.toContain('new1');
});

describe('an event without a base commit', () => {
  const { repository: about } = PUSH.payload;
  const LAX_BRANCH = { environment: { GITHUB_REF: 'refs/heads/feature' } };
  beforeEach(async () => {
    // As an earlier push has left it.
    rig.github.refs.set('heads/main', BASE_SHA);
    rig.github.files.set(`${BASE_SHA}:${POLICY}`, STRICT);
    rig.github.files.set(`${HEAD_SHA}:${POLICY}`, LAX);
    await writeFile(rig.path(POLICY), LAX);
  });

  it.each([
    ['push', 'refs/heads/feature'],
    ['workflow_dispatch', 'refs/heads/feature'],
    ['repository_dispatch', 'refs/heads/feature'],
    ['issue_comment', 'refs/heads/main'],
    ['workflow_run', 'refs/heads/main'],
    ['deployment', 'refs/heads/feature'],
    ['check_run', 'refs/heads/main'],
  ])('the policy of the default branch counts, not that of the workspace: %s on %s', async (name, ref) => {
    const event = { name, payload: { repository: about } };
    const outcome = await rig.gate(BROKEN, { event, environment: { GITHUB_REF: ref } });
    expect(outcome.outputs.verdict, outcome.log).toBe('fail');
  });

  it('a run started by hand on the default branch does not trust a pull request that it has checked out', async () => {
    const event = { name: 'workflow_dispatch', payload: { repository: about } };
    expect((await rig.gate(BROKEN, { event })).outputs.verdict).toBe('warn');
    const head = 'c'.repeat(40);
    rig.github.files.set(`${head}:${POLICY}`, LAX);
    await rig.checkOut('.', head);
    expect((await rig.gate(BROKEN, { event })).outputs.verdict).toBe('fail');
    await rig.checkOut('.', head, 'fork/r');
    expect((await rig.gate(BROKEN, { event })).outputs.verdict).toBe('fail');
    await rig.checkOut('.', HEAD_SHA);
    expect((await rig.gate(BROKEN, { event })).outputs.verdict).toBe('warn');
  });

  it.each(['push', 'schedule', 'workflow_dispatch', 'repository_dispatch'])(
    'a checkout without .git on the default branch may be of anything: %s is judged by the default branch, and inconclusive',
    async (name) => {
      const event = { name, payload: { repository: about } };
      expect((await rig.gate(BROKEN, { event })).outputs.verdict).toBe('warn');
      await rm(rig.path('.git'), { recursive: true });
      const outcome = await rig.gate(BROKEN, { event });
      expect(outcome.outputs.verdict, outcome.log).toBe('fail');
      // Even if the default branch is at the commit of the run.
      rig.github.refs.set('heads/main', HEAD_SHA);
      rig.github.files.set(`${HEAD_SHA}:model/config.json`, '{}');
      const unknown = await rig.gate(PASS, { event });
      expect(unknown.outputs.verdict, unknown.log).toBe('inconclusive');
      expect(unknown.summary).toContain('This change may touch the baseline <code>model</code>');
    },
  );

  it('a commit that a step made on the default branch, perhaps of a pull request, is unknown too', async () => {
    const event = { name: 'workflow_dispatch', payload: { repository: about } };
    rig.github.files.set(`${BASE_SHA}:model/config.json`, '{}');
    rig.github.files.set(`${HEAD_SHA}:model/config.json`, '{}');
    await rig.checkOut('.', 'd'.repeat(40));
    const outcome = await rig.gate(PASS, { event });
    expect(outcome.outputs.verdict, outcome.log).toBe('inconclusive');
  });

  it('a reference in the folder of a pull request is not the reference of the default branch', async () => {
    const event = { name: 'workflow_dispatch', payload: { repository: about } };
    const head = 'c'.repeat(40);
    rig.github.files.set(`${BASE_SHA}:model/config.json`, '{}');
    rig.github.files.set(`${head}:model/config.json`, '[]');
    await cp(rig.path('model'), rig.path('pull', 'model'), { recursive: true });
    await rig.checkOut('pull', head);
    const outcome = await rig.gate({ ...PASS, reference: 'pull/model' }, { event });
    expect(outcome.outputs.verdict, outcome.log).toBe('inconclusive');
    expect(outcome.summary).toContain('This change edits the reference <code>pull/model</code>');
  });

  it('a branch cannot bring a baseline checkpoint of its own', async () => {
    rig.github.files.set(`${HEAD_SHA}:model/config.json`, '{}');
    const outcome = await rig.gate(PASS, { event: PUSH, ...LAX_BRANCH });
    expect(outcome.outputs.verdict, outcome.log).toBeUndefined();
    rig.github.files.set(`${BASE_SHA}:model/config.json`, '[]');
    expect((await rig.gate(PASS, { event: PUSH, ...LAX_BRANCH })).outputs.verdict).toBe('inconclusive');
    // It is not known what is checked out.
    await rm(rig.path('.git'), { recursive: true });
    const comment = { event: { name: 'issue_comment', payload: { repository: about } } };
    expect((await rig.gate(PASS, comment)).outputs.verdict).toBe('inconclusive');
  });

  it('a push whose event does not name the default branch asks GitHub for it', async () => {
    const event = { name: 'push', payload: {} };
    const outcome = await rig.gate(BROKEN, { event });
    expect(outcome.outputs.verdict, outcome.log).toBe('fail');
  });

  it.each([
    ['reset', /could not be read/],
    ['empty', /could not be read/],
    [404, /could not be read/],
  ] as const)('a default branch that cannot be read (%s) is an error', async (status, message) => {
    rig.github.faults.push({ request: /git\/ref\//, status });
    const outcome = await rig.gate(BROKEN, { event: PUSH, ...LAX_BRANCH });
    expect(outcome.code).toBe(1);
    expect(annotations(outcome)[0]?.message).toMatch(message);
  });

  it('without a token the workspace of a change is an error, not a warning; a push to the default branch needs none', async () => {
    const environment = { 'INPUT_GITHUB-TOKEN': '' };
    const other = { event: { name: 'issue_comment', payload: { repository: about } } };
    for (const job of [{}, { event: MERGE_GROUP }, other]) {
      const outcome = await rig.gate(BROKEN, { ...job, environment });
      expect(outcome.code).toBe(1);
      expect(outcome.outputs.verdict).toBeUndefined();
      expect(annotations(outcome)[0]?.message).toMatch(/github-token is empty.*contents: read/);
    }
    expect((await rig.gate(BROKEN, { event: PUSH, environment })).outputs.verdict).toBe('warn');
  });

  it.each([
    ['pull_request', {}],
    ['pull_request_target', { repository: about }],
    ['merge_group', { repository: about, merge_group: {} }],
  ])('%s with a payload that is missing or partial is an error', async (name, payload) => {
    const outcome = await rig.gate(BROKEN, { event: { name, payload } });
    expect(outcome.code).toBe(1);
    expect(outcome.outputs.verdict).toBeUndefined();
    expect(annotations(outcome)[0]?.message).toMatch(/does not name its base commit/);
  });
});
