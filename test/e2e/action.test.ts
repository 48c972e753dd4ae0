import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { reportSchema } from '../../src/compare/report.ts';
import { measurementSchema } from '../../src/measure/schema/measurement.ts';
import { commentMarker } from '../../src/report/markdown/comment.ts';
import { repository } from '../fixtures.ts';
import { FakeGithub } from '../github/fake-github.ts';
import { HOSTILE_NAMES } from '../report/fixtures.ts';
import { type BuiltDist, buildDist, nodes } from './built-dist.ts';
import { BASE_SHA, HEAD_SHA, MERGE_GROUP, type Outcome, PUSH, runAction, SCHEDULE } from './run-action.ts';
import { TINY_NAMES, writeTinyCheckpoint } from './tiny-checkpoint.ts';

let dist: BuiltDist;
let github: FakeGithub;
/** The checkout: `model` is sound, `broken` holds NaN. */
let workspace: string;
let runs = 0;

beforeAll(async () => {
  dist = await buildDist();
});
afterAll(() => dist.remove());

beforeEach(async () => {
  github = await new FakeGithub().start();
  workspace = await mkdtemp(join(tmpdir(), 'shadow-gate-workspace-'));
  await writeTinyCheckpoint(join(workspace, 'model'));
  await writeTinyCheckpoint(join(workspace, 'broken'), {
    edit: (name, values) => {
      if (name === TINY_NAMES[3]) values[5] = Number.NaN;
    },
  });
});
afterEach(async () => {
  await github.stop();
  await rm(workspace, { recursive: true, force: true });
  expect(github.invalid).toEqual([]);
});

function gate(inputs: Record<string, string>, more: Partial<Parameters<typeof runAction>[0]> = {}): Promise<Outcome> {
  const folder = join(workspace, `.run-${runs++}`);
  return runAction({ dist: dist.path, folder, workspace, api: github.url, inputs, ...more });
}

/** These tiny models have no tokenizer: their weights are all there is to judge. */
const WEIGHTS = { only: 'spectra' };
const PASS = { ...WEIGHTS, checkpoint: 'model', baseline: 'model' };
const WARN = { ...WEIGHTS, checkpoint: 'model' };
const FAIL = { ...WEIGHTS, checkpoint: 'broken', baseline: 'model' };

const annotations = ({ commands }: Outcome) =>
  commands.filter(({ name }) => ['error', 'warning', 'notice'].includes(name));
const levels = (outcome: Outcome) => annotations(outcome).map(({ name }) => name);

describe.each(nodes())('%s', (node) => {
  it('first run without a baseline: a warning, all outputs, the summary and one comment', async () => {
    const outcome = await gate(WARN, { node });
    expect(outcome.code, outcome.log).toBe(0);
    expect(levels(outcome)).toEqual(['warning']);
    expect(outcome.outputs).toMatchObject({ verdict: 'warn', comment: github.comments[0]?.html_url });

    const { report = '', measurement = '' } = outcome.outputs;
    expect(reportSchema.parse(JSON.parse(await readFile(report, 'utf8'))).verdict).toBe('warn');
    expect(measurementSchema.parse(JSON.parse(await readFile(measurement, 'utf8'))).tensors).toHaveLength(8);
    expect(await readFile(join(report, '../comment.md'), 'utf8')).toBe(`${github.comments[0]?.body}\n`);

    expect(github.comments).toHaveLength(1);
    expect(github.comments[0]?.body).toMatch(new RegExp(`^${commentMarker('default')}\n`));
    expect(outcome.summary).toMatch(/warn/i);
    expect(outcome.summary).not.toContain('shadow-gate:default');
  });

  it('the measurement of one run is the baseline of the next', async () => {
    const { outputs } = await gate({ ...WARN, out: '.shadow-gate' }, { node });
    await writeFile(join(workspace, '.shadow-gate/baseline.json'), await readFile(outputs.measurement ?? ''));
    const second = await gate(WARN, { node });
    expect(second.outputs.verdict, second.log).toBe('pass');
    expect(levels(second)).toEqual(['notice']);
  });
});

describe('the baseline of a pull request', () => {
  const PATH = '.shadow-gate/baseline.json';
  /** A measurement of another model, which nothing of `model` can be compared with. */
  const foreign = async () => {
    const checkpoint = repository('examples', 'base');
    const { outputs } = await gate({ ...WEIGHTS, checkpoint, out: 'foreign' }, { event: PUSH });
    return readFile(outputs.measurement ?? '', 'utf8');
  };
  const own = async () => {
    const { outputs } = await gate({ ...WARN, out: 'own' }, { event: PUSH });
    return readFile(outputs.measurement ?? '', 'utf8');
  };

  it('is that of the base commit, and a report says so; the one that it brings gains nothing', async () => {
    await mkdir(join(workspace, '.shadow-gate'));
    await writeFile(join(workspace, PATH), await own());
    github.files.set(`${HEAD_SHA}:${PATH}`, await own());
    github.files.set(`${BASE_SHA}:${PATH}`, await foreign());
    const outcome = await gate(WARN);
    expect(outcome.outputs.verdict, outcome.log).toBe('inconclusive');
    expect(github.comments[0]?.body).toContain('as of commit <code>bbbbbbb</code>');
  });

  it('is missing where only the pull request has one', async () => {
    await mkdir(join(workspace, '.shadow-gate'));
    await writeFile(join(workspace, PATH), await own());
    github.files.set(`${HEAD_SHA}:${PATH}`, await own());
    const outcome = await gate(WARN);
    expect(outcome.outputs.verdict, outcome.log).toBe('warn');
    expect(outcome.log).toContain('that of the change does not count');
  });

  it('is that of the base commit also where the change puts a checkpoint in its place', async () => {
    github.files.set(`${BASE_SHA}:${PATH}`, await foreign());
    await mkdir(join(workspace, '.shadow-gate'));
    await symlink(join(workspace, WARN.checkpoint), join(workspace, PATH));
    const outcome = await gate(WARN);
    expect(outcome.outputs.verdict, outcome.log).toBe('inconclusive');
  });

  it('is missing where a link of the change, in the place of a folder, leads to one', async () => {
    await mkdir(join(workspace, 'elsewhere'));
    await writeFile(join(workspace, 'elsewhere', 'baseline.json'), await own());
    await symlink('elsewhere', join(workspace, '.shadow-gate'));
    github.files.set(`${HEAD_SHA}:.shadow-gate`, 'elsewhere');
    const outcome = await gate(WARN);
    expect(outcome.outputs.verdict, outcome.log).toBe('warn');
  });

  it('is that of the workspace where an earlier step made it, on push, and for a merge group at its base', async () => {
    await mkdir(join(workspace, '.shadow-gate'));
    await writeFile(join(workspace, PATH), await own());
    expect((await gate(WARN)).outputs.verdict).toBe('pass');
    github.files.set(`${BASE_SHA}:${PATH}`, await foreign());
    expect((await gate(WARN, { event: PUSH })).outputs.verdict).toBe('pass');
    expect((await gate(WARN, { event: MERGE_GROUP })).outputs.verdict).toBe('inconclusive');
  });

  it('that cannot be read is an error, not a verdict on another one', async () => {
    github.canRead = false;
    const outcome = await gate(WARN);
    expect(outcome.code).toBe(1);
    expect(outcome.outputs).toEqual({});
    expect(annotations(outcome)[0]?.message).toMatch(/could not be read at the base commit bbbbbbb.*contents: read/);
    github.canRead = true;
    github.faults.push({ request: /git\/commits/, status: 500 });
    expect(annotations(await gate(WARN))[0]?.message).toMatch(/could not be read at the base commit bbbbbbb/);
  });
});

it('the comment is updated, not doubled, among 250 others', async () => {
  for (let i = 0; i < 120; i++) github.addComment(`remark ${i}`, 'somebody');
  const first = await gate(WARN);
  for (let i = 0; i < 130; i++) github.addComment(`remark ${i}`, 'somebody');
  const second = await gate(FAIL);
  expect(second.outputs).toMatchObject({ verdict: 'fail', comment: first.outputs.comment });
  expect(github.comments).toHaveLength(251);
  expect(github.comments[120]?.body).toMatch(/fail/i);
  expect(github.comments[120]?.body).not.toMatch(/baseline.*missing/i);
});

it("a person's comment that begins with the marker is left alone", async () => {
  const body = `${commentMarker('default')}\nmine`;
  github.addComment(body, 'somebody');
  await gate(WARN);
  await gate(PASS);
  expect(github.comments).toHaveLength(2);
  expect(github.comments[0]?.body).toBe(body);
});

it('two keys: two comments and two folders', async () => {
  const a = await gate({ ...WARN, key: 'llama' });
  const b = await gate({ ...WARN, key: 'mistral 7b' });
  expect(github.comments.map(({ body }) => body.split('\n')[0])).toEqual([
    commentMarker('llama'),
    commentMarker('mistral 7b'),
  ]);
  expect(a.outputs.report).not.toBe(b.outputs.report);
});

it.each([
  [403, /pull-requests: write/],
  [500, /GitHub had trouble/],
  ['reset', /could not be reached/],
] as const)('GitHub answers a write with %s: a warning, and nothing else changes', async (status, cause) => {
  github.faults.push({ request: /^(POST|PATCH) \/repos/, status, message: 'Resource not accessible by integration' });
  for (const [inputs, code, verdict, level] of [
    [PASS, 0, 'pass', 'notice'],
    [FAIL, 1, 'fail', 'error'],
  ] as const) {
    const outcome = await gate(inputs);
    expect(outcome.code, outcome.log).toBe(code);
    expect(outcome.outputs).toMatchObject({ verdict, comment: '' });
    expect((await stat(outcome.outputs.report ?? '')).isFile()).toBe(true);
    expect(outcome.summary).not.toBe('');
    expect(levels(outcome)).toEqual([level, 'warning']);
    expect(annotations(outcome)[1]?.message).toMatch(cause);
  }
});

it.each([
  [PASS, 'warn', 0, 'notice'],
  [WARN, 'fail', 0, 'warning'],
  [WARN, 'warn', 1, 'error'],
  [FAIL, 'fail', 1, 'error'],
  [FAIL, 'warn', 1, 'error'],
  [FAIL, 'never', 0, 'error'],
])('%j with fail-on %s: exit code %i and one annotation, %s', async (inputs, failOn, code, level) => {
  const outcome = await gate({ ...inputs, 'fail-on': failOn });
  expect(outcome.code, outcome.log).toBe(code);
  expect(levels(outcome)).toEqual([level]);
  expect(outcome.outputs.comment).toBe(github.comments[0]?.html_url);
});

it('the main reason of a failure names the tensor', async () => {
  expect(annotations(await gate(FAIL))[0]?.message).toContain(TINY_NAMES[3]);
});

it.each(['fail', 'never'])('a missing checkpoint fails with one line and no verdict, fail-on %s', async (failOn) => {
  const outcome = await gate({ checkpoint: 'nowhere', 'fail-on': failOn });
  expect(outcome.code).toBe(1);
  expect(levels(outcome)).toEqual(['error']);
  expect(annotations(outcome)[0]?.message).toMatch(/^nowhere does not exist[^\n]*$/);
  expect(outcome.log).not.toMatch(/^\s+at /m);
  expect(outcome.outputs).toEqual({});
  expect(outcome.summary).toBe('');
  expect(github.writes).toEqual([]);
});

it.each([
  [{ ...WARN, device: 'gpu' }, 'input device is "gpu" — allowed: auto, cpu, cuda, webgpu'],
  [{ checkpoint: '' }, 'input checkpoint is missing — allowed: a path'],
  [{ ...WARN, policy: 'nowhere.yml' }, /^policy nowhere\.yml does not exist/],
])('%j: one line that says what is wrong', async (inputs, message) => {
  const outcome = await gate(inputs as Record<string, string>);
  expect(outcome.code).toBe(1);
  expect(annotations(outcome)).toHaveLength(1);
  expect(annotations(outcome)[0]?.message).toEqual(
    typeof message === 'string' ? message : expect.stringMatching(message),
  );
  expect(outcome.outputs).toEqual({});
});

it('probes: a benchmark-aligned checkpoint fails, and the comment shows the shadow delta and a flip', async () => {
  const example = (name: string) => repository('examples', name);
  const outcome = await gate({
    checkpoint: example('benchmark-aligned'),
    reference: example('base'),
    baseline: example('base'),
    policy: example('shadow-gate.yml'),
  });
  expect(outcome.code, outcome.log).toBe(1);
  expect(outcome.outputs.verdict).toBe('fail');
  expect(annotations(outcome)[0]?.message).toMatch(/^shadow delta of 3\d\.\d points/);
  const body = github.comments[0]?.body ?? '';
  expect(body).toContain('| capability | facts |');
  expect(body).toMatch(/3 telling flips[\s\S]*<pre>/);
  expect(outcome.log).toMatch(/\d+\/810 probes, about \d+ s in all/);
});

it.each([
  [{ ...WARN, seed: 'x' }, /^input seed is "x" — allowed: a whole number/],
  [{ ...WARN, budget: 'soon' }, /^input budget is "soon" — allowed: a time such as/],
  [{ ...WARN, only: 'both' }, /^input only is "both" — allowed: spectra, probes/],
  [{ ...WARN, endpoint: 'http://localhost:1/v1' }, /^inputs endpoint and model belong together/],
])('%j is refused', async (inputs, message) => {
  const outcome = await gate(inputs);
  expect(outcome.code).toBe(1);
  expect(annotations(outcome)[0]?.message).toMatch(message);
});

describe('the trusted half of a pair of workflows', () => {
  const run = (head: { sha?: string } = {}) => ({
    name: 'workflow_run',
    payload: {
      workflow_run: {
        head_sha: head.sha ?? HEAD_SHA,
        head_branch: 'tune',
        head_repository: { owner: { login: 'stranger' } },
        pull_requests: [],
      },
      repository: { name: 'r', owner: { login: 'o' } },
    },
  });
  const untrusted = async () => (await gate({ ...FAIL, comment: 'off' })).outputs.report ?? '';

  it('posts the report of a fork on its pull request, and its own step does not fail', async () => {
    github.pulls.push({ number: 7, head: { sha: HEAD_SHA, label: 'stranger:tune' } });
    const outcome = await gate({ report: await untrusted(), key: 'fork' }, { event: run() });
    expect(outcome.code, outcome.log).toBe(0);
    expect(outcome.outputs).toMatchObject({ verdict: 'fail', comment: github.comments[0]?.html_url });
    expect(github.comments[0]?.body).toContain('1 NaN');
    expect(github.comments[0]?.body).toMatch(new RegExp(`^${commentMarker('fork')}`));
  });

  it('posts nothing where the pull request has moved on, or is another', async () => {
    github.pulls.push({ number: 7, head: { sha: BASE_SHA, label: 'stranger:tune' } });
    github.pulls.push({ number: 7, head: { sha: HEAD_SHA, label: 'somebody:tune' } });
    const outcome = await gate({ report: await untrusted() }, { event: run() });
    expect(outcome.outputs.comment, outcome.log).toBe('');
    expect(github.comments).toEqual([]);
  });

  it.each([
    ['{"schema": "shadow-gate/report@1", "verdict": "pass"}', /is not a valid shadow-gate\/report@1/],
    ['<!-- not JSON -->', /is not JSON/],
  ])('refuses what is no report: %s', async (text, message) => {
    await writeFile(join(workspace, 'forged.json'), text);
    const outcome = await gate({ report: 'forged.json' }, { event: run() });
    expect(outcome.code).toBe(1);
    expect(annotations(outcome)[0]?.message).toMatch(message);
    expect(github.comments).toEqual([]);
  });
});

describe('a scheduled check', () => {
  const clock = { event: SCHEDULE };

  it('opens one issue on the first failure, comments while it lasts, closes it when green, and opens another then', async () => {
    const first = await gate({ ...FAIL, key: 'nightly' }, clock);
    expect(first.outputs.issue, first.log).toBe('https://github.com/o/r/issues/100');
    expect(github.issues[0]).toMatchObject({
      state: 'open',
      title: 'Shadow Gate: the scheduled check of nightly fails',
    });
    expect(github.issues[0]?.body).toContain('1 NaN');
    const second = await gate({ ...FAIL, key: 'nightly' }, clock);
    expect(second.outputs.issue).toBe(first.outputs.issue);
    await gate({ ...FAIL, key: 'weekly' }, clock);
    expect(github.issues).toHaveLength(2);
    expect(github.issues[0]?.comments).toEqual([expect.stringMatching(/^❌ fail: .*1 NaN/)]);
    await gate({ ...WARN, key: 'nightly' }, clock);
    expect(github.issues[0]).toMatchObject({ state: 'open', comments: { length: 1 } });
    await gate({ ...PASS, key: 'nightly' }, clock);
    expect(github.issues.map(({ state }) => state)).toEqual(['closed', 'open']);
    expect(github.issues[0]?.comments[1]).toMatch(/^✅ pass: /);
    await gate({ ...FAIL, key: 'nightly' }, clock);
    expect(github.issues).toHaveLength(3);
  });

  it('leaves an issue of somebody else alone, and none is kept on push, or when it is off', async () => {
    await gate(FAIL, clock);
    const [issue] = github.issues;
    if (issue) issue.user = { login: 'somebody', type: 'User' };
    await gate(PASS, clock);
    expect(issue?.state).toBe('open');
    await gate(FAIL, { event: PUSH });
    await gate({ ...FAIL, issue: 'off' }, clock);
    expect(github.issues).toHaveLength(1);
  });

  it('that may not write one only warns, and a run that cannot judge opens none', async () => {
    github.faults.push({ request: /^POST \/repos\/o\/r\/issues$/, status: 403, message: 'Resource not accessible' });
    const outcome = await gate(FAIL, clock);
    expect(outcome.code).toBe(1);
    expect(annotations(outcome)[1]?.message).toMatch(/issues: write/);
    github.faults.length = 0;
    await gate({ ...WEIGHTS, checkpoint: 'nowhere' }, clock);
    expect(github.issues).toEqual([]);
  });
});

it('no comment without a pull request, and none when it is off', async () => {
  const push = await gate(WARN, { event: PUSH });
  const off = await gate({ ...WARN, comment: 'off' });
  for (const outcome of [push, off]) {
    expect(outcome.code, outcome.log).toBe(0);
    expect(outcome.outputs).toMatchObject({ verdict: 'warn', comment: '' });
    expect(levels(outcome)).toEqual(['warning']);
  }
  expect(github.writes).toEqual([]);
});

it('no name in a checkpoint runs a workflow command', async () => {
  const hostile = HOSTILE_NAMES.filter((name) => name.length < 1000);
  const perCheckpoint = TINY_NAMES.length;
  for (let from = 0; from < hostile.length; from += perCheckpoint) {
    const checkpoint = `hostile-${from}`;
    await writeTinyCheckpoint(join(workspace, checkpoint), {
      rename: (tensor) => `${hostile[from + TINY_NAMES.indexOf(tensor)] ?? ''}${tensor}`,
      // Every tensor is broken, so that every name is printed as a finding.
      edit: (_, values) => values.fill(Number.NaN),
    });
    const outcome = await gate({ ...WEIGHTS, checkpoint, key: 'hostile' });
    expect(outcome.outputs.verdict, outcome.log).toBe('fail');
    expect(outcome.commands.map(({ name }) => name)).toEqual(['group', 'endgroup', 'error']);
    expect(outcome.log).not.toContain('##[');
  }
  expect(github.comments).toHaveLength(1);
});
