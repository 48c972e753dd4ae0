import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { repository } from '../fixtures.ts';
import { type BuiltDist, buildDist } from './built-dist.ts';
import { cacheArchive } from './results/cache-archive.ts';
import { annotations, levels, Rig, WEIGHTS } from './rig.ts';
import { BASE_SHA, HEAD_SHA, MERGE_GROUP, type Outcome, PULL_REQUEST, PUSH, SCHEDULE } from './run-action.ts';

let dist: BuiltDist;
let rig: Rig;

beforeAll(async () => {
  dist = await buildDist();
});
afterAll(() => dist.remove());
beforeEach(async () => {
  rig = await Rig.open(dist.path);
});
afterEach(async () => {
  expect(rig.github.invalid).toEqual([]);
  await rig.close();
});

const MODEL = { ...WEIGHTS, checkpoint: 'model' };
const BROKEN = { ...WEIGHTS, checkpoint: 'broken' };
const FOREIGN = { ...WEIGHTS, checkpoint: repository('examples', 'base') };
const POLICY = 'shadow-gate.yml';

const measurementOf = async ({ outputs }: Outcome) => readFile(outputs.measurement ?? '', 'utf8');

describe('the policy of a pull request', () => {
  const LAX = 'non-finite: { level: info }\n';

  it('is that of the base commit: one that the change loosens gains nothing, and the report says so', async () => {
    rig.github.files.set(`${BASE_SHA}:${POLICY}`, 'non-finite: { level: fail }\n');
    rig.github.files.set(`${HEAD_SHA}:${POLICY}`, LAX);
    await writeFile(rig.path(POLICY), LAX);
    for (const event of [undefined, MERGE_GROUP]) {
      const outcome = await rig.gate(BROKEN, event ? { event } : {});
      expect(outcome.outputs.verdict, outcome.log).toBe('fail');
      expect(outcome.summary).toContain('this change edits the policy');
    }
    // What is merged counts.
    expect((await rig.gate(BROKEN, { event: PUSH })).outputs.verdict).toBe('warn');
  });

  it('is the built-in one where only the change has a file, and the file where a step made it or a workflow names it', async () => {
    await writeFile(rig.path(POLICY), LAX);
    expect((await rig.gate(BROKEN)).outputs.verdict).toBe('warn');
    rig.github.files.set(`${HEAD_SHA}:${POLICY}`, LAX);
    expect((await rig.gate(BROKEN)).outputs.verdict).toBe('fail');
    expect((await rig.gate({ ...BROKEN, policy: POLICY })).outputs.verdict).toBe('warn');
  });
});

it('what a pull request brings does not count in pull_request_target, whose own commit is the base', async () => {
  const head = 'c'.repeat(40);
  const { payload } = PULL_REQUEST;
  const event = {
    name: 'pull_request_target',
    payload: { ...payload, pull_request: { ...payload.pull_request, head: { sha: head } } },
  };
  const lax = 'non-finite: { level: info }\n';
  const broken = await rig.gate({ ...BROKEN, 'fail-on': 'never' }, { event: PUSH });
  for (const [path, text] of [
    [POLICY, lax],
    ['baseline.json', await measurementOf(broken)],
  ] as const) {
    await writeFile(rig.path(path), text);
    rig.github.files.set(`${head}:${path}`, text);
  }
  const outcome = await rig.gate({ ...BROKEN, baseline: 'baseline.json' }, { event });
  expect(outcome.outputs.verdict, outcome.log).toBe('fail');
  expect(outcome.log).toContain('that of the change does not count');
  expect(outcome.summary).toContain('this change brings the policy');
});

it('a review of a pull request is judged by the base commit as well', async () => {
  rig.github.files.set(`${BASE_SHA}:${POLICY}`, 'non-finite: { level: fail }\n');
  await writeFile(rig.path(POLICY), 'non-finite: { level: info }\n');
  const outcome = await rig.gate(BROKEN, { event: { ...PULL_REQUEST, name: 'pull_request_review' } });
  expect(outcome.outputs.verdict, outcome.log).toBe('fail');
});

describe('policy and baseline are those of the base commit', () => {
  const strict = 'non-finite: { level: fail }\n';
  const lax = 'non-finite: { level: info }\n';

  it('where the repository is checked out in a folder of the workspace', async () => {
    const checkout = async (folder: string, url: string) => {
      await mkdir(rig.path(folder, '.git'), { recursive: true });
      await writeFile(rig.path(folder, '.git', 'config'), `[remote "origin"]\n\turl = ${url}\n`);
      await writeFile(rig.path(folder, POLICY), lax);
    };
    await checkout('code', 'https://github.com/o/r');
    await checkout('rules', 'https://github.com/o/rules');
    rig.github.files.set(`${BASE_SHA}:${POLICY}`, strict);
    const outcome = await rig.gate({ ...BROKEN, policy: 'code/shadow-gate.yml' });
    expect(outcome.outputs.verdict, outcome.log).toBe('fail');
    // That of another repository is what a workflow names.
    expect((await rig.gate({ ...BROKEN, policy: 'rules/shadow-gate.yml' })).outputs.verdict).toBe('warn');
  });

  it('where a path is absolute and the workspace a link', async () => {
    const link = `${rig.path()}-link`;
    await symlink(rig.path(), link);
    try {
      await writeFile(rig.path(POLICY), lax);
      rig.github.files.set(`${BASE_SHA}:${POLICY}`, strict);
      const environment = { GITHUB_WORKSPACE: link };
      const outcome = await rig.gate({ ...BROKEN, policy: `${link}/${POLICY}` }, { environment });
      expect(outcome.outputs.verdict, outcome.log).toBe('fail');
    } finally {
      await rm(link);
    }
  });
});

describe('baseline: artifact', () => {
  const INPUTS = { ...MODEL, baseline: 'artifact' };

  it('is what the newest successful run on the base branch has left, and a report says of which commit', async () => {
    const first = await rig.gate(INPUTS);
    expect(first.outputs.verdict, first.log).toBe('warn');
    expect(annotations(first)[0]?.message).toContain('artifact shadow-gate-default of branch main');

    await rig.gate(MODEL, { event: PUSH, runId: 1 });
    rig.end(1, 'push', 'success');
    const second = await rig.gate(INPUTS);
    expect(second.outputs.verdict, second.log).toBe('pass');
    expect(rig.github.comments[0]?.body).toContain(`as of commit <code>${HEAD_SHA.slice(0, 7)}</code>`);
    // Another key has none.
    expect((await rig.gate({ ...INPUTS, key: 'other' })).outputs.verdict).toBe('warn');
  });

  it('is none of a pull request, a fork whose branch is called the same, another branch, a failed run, or a failed check', async () => {
    const runs: ReadonlyArray<[Record<string, string>, ...Parameters<Rig['end']>]> = [
      [MODEL, 10, 'pull_request', 'success'],
      [MODEL, 11, 'push', 'success', { fork: true }],
      [MODEL, 12, 'push', 'success', { head_branch: 'tune' }],
      // A tag that is called like the branch.
      [MODEL, 15, 'push', 'success', { head_sha: 'c'.repeat(40) }],
      [MODEL, 13, 'push', 'failure'],
      [{ ...BROKEN, 'fail-on': 'never' }, 14, 'push', 'success'],
    ];
    for (const [inputs, ...run] of runs) {
      await rig.gate(inputs, { event: PUSH, runId: run[0] });
      rig.end(...run);
    }
    const outcome = await rig.gate(INPUTS);
    expect(outcome.outputs.verdict, outcome.log).toBe('warn');
    expect(outcome.log).toContain('no successful run has left the artifact shadow-gate-default of branch main');
  });

  it('that nothing can be said of counts only where somebody started the run by hand', async () => {
    const inconclusive = { ...FOREIGN, baseline: 'model' };
    for (const [runId, event] of [
      [1, 'push'],
      [2, 'workflow_dispatch'],
    ] as const) {
      const left = await rig.gate(inconclusive, { event: { ...PUSH, name: event }, runId });
      expect(left.outputs.verdict, left.log).toBe('inconclusive');
      rig.end(runId, event, 'success');
      const outcome = await rig.gate({ ...FOREIGN, baseline: 'artifact' });
      expect(outcome.outputs.verdict, outcome.log).toBe(event === 'push' ? 'warn' : 'pass');
    }
  });

  it('that others have hidden under hundreds of their own is an error, not a verdict without one', async () => {
    await rig.gate(MODEL, { event: PUSH, runId: 1 });
    rig.end(1, 'push', 'success');
    for (let runId = 2; runId <= 301; runId += 1) {
      rig.results.artifacts.put({ runId, name: 'shadow-gate-default', bytes: Buffer.alloc(0) });
    }
    const outcome = await rig.gate(INPUTS);
    expect(annotations(outcome)[0]?.message, outcome.log).toMatch(/could not be read .*more than 300 artifacts/);
    expect(outcome.outputs).toEqual({});
  });

  it('is not left, and nobody is warned of that, where a server keeps no artifacts', async () => {
    for (const environment of [{ GITHUB_SERVER_URL: 'https://github.example' }, { ACTIONS_RESULTS_URL: '' }]) {
      const outcome = await rig.gate({ ...MODEL, 'fail-on': 'never', baseline: 'model' }, { event: PUSH, environment });
      expect(levels(outcome), outcome.log).toEqual(['notice']);
    }
  });

  it('that cannot be read is an error that names the permission', async () => {
    rig.github.faults.push({ request: /actions\/artifacts/, status: 403, message: 'Resource not accessible' });
    const outcome = await rig.gate(INPUTS);
    expect(outcome.code).toBe(1);
    expect(annotations(outcome)[0]?.message).toMatch(
      /^the baseline, artifact .* could not be read \(403.*actions: read/,
    );
    expect(outcome.outputs).toEqual({});
  });
});

describe('the cache', () => {
  const measuredAt = async (outcome: Outcome) => JSON.parse(await measurementOf(outcome)).run.time;
  const entries = () => rig.results.cache.all.filter(({ key }) => key.startsWith('shadow-gate-measurement/'));

  it('spares measuring what a run on the default branch has measured; a pull request saves nothing', async () => {
    await rig.gate(MODEL);
    expect(rig.results.cache.all).toEqual([]);
    const first = await rig.gate(MODEL, { event: PUSH });
    expect(entries(), first.log).toHaveLength(1);
    const pull = await rig.gate({ ...MODEL, baseline: 'model' });
    expect(await measuredAt(pull), pull.log).toBe(await measuredAt(first));
    expect(pull.outputs.verdict).toBe('pass');
    expect(levels(pull)).toEqual(['notice']);
    // Another checkpoint and other settings are other entries.
    expect(await measuredAt(await rig.gate(FOREIGN))).not.toBe(await measuredAt(first));
    expect(await measuredAt(await rig.gate({ ...MODEL, reference: 'model' }))).not.toBe(await measuredAt(first));
    expect(await measuredAt(await rig.gate({ ...MODEL, cache: 'off' }))).not.toBe(await measuredAt(first));
    await rig.gate(MODEL, { event: SCHEDULE });
    expect(entries()).toHaveLength(1);
    // A fresh seed is never asked again.
    await rig.gate({ ...MODEL, baseline: 'broken', 'fail-on': 'never' }, { event: SCHEDULE });
    expect(entries()).toHaveLength(1);
  });

  it('that a pull request has poisoned is not used by it, and not seen by others', async () => {
    const first = await rig.gate(MODEL, { event: PUSH });
    const [entry] = entries();
    const forged = JSON.parse(await measurementOf(first));
    forged.run.host = 'forged';
    const bytes = await cacheArchive({ '.shadow-gate-cached-measurement.json': JSON.stringify(forged) });
    rig.results.cache.put({
      ...entry,
      key: entry?.key ?? '',
      version: entry?.version ?? '',
      ref: 'refs/pull/7/merge',
      bytes,
    });
    for (const event of [undefined, MERGE_GROUP, PUSH]) {
      const outcome = await rig.gate(MODEL, event ? { event } : {});
      expect(JSON.parse(await measurementOf(outcome)).run.host, outcome.log).not.toBe('forged');
    }
  });

  it.each([
    [
      'another checkpoint',
      (json: object) => ({
        ...json,
        checkpoint: { ...('checkpoint' in json ? (json.checkpoint as object) : {}), digest: 'sha256:0' },
      }),
    ],
    ['a summary that does not follow', (json: object) => ({ ...json, groups: [] })],
    ['a shard', (json: object) => ({ ...json, shard: { index: 1, count: 2, spectra: null, probes: null } })],
    ['no measurement', () => ({ schema: 'shadow-gate/measurement@1', verdict: 'pass' })],
  ])('with %s in an entry: it is measured', async (_what, edit) => {
    const first = await rig.gate(MODEL, { event: PUSH });
    const [entry] = entries();
    if (!entry) throw new Error('nothing was saved');
    const text = JSON.stringify(edit(JSON.parse(await measurementOf(first))));
    rig.results.cache.poison(entry, await cacheArchive({ '.shadow-gate-cached-measurement.json': text }));
    const second = await rig.gate(MODEL);
    expect(second.outputs.verdict, second.log).toBe('warn');
    expect(await measuredAt(second)).not.toBe(await measuredAt(first));
  });

  it('does not answer for a checkpoint with another tokenizer, and keeps nothing of one that could not be asked', async () => {
    await cp(repository('examples', 'base'), rig.path('base'), { recursive: true });
    const inputs = { checkpoint: 'base', only: 'probes', policy: repository('examples', 'shadow-gate.yml') };
    const first = await rig.gate(inputs, { event: PUSH });
    expect(await measuredAt(await rig.gate(inputs)), first.log).toBe(await measuredAt(first));
    const generation = rig.path('base', 'generation_config.json');
    await writeFile(generation, JSON.stringify({ eos_token_id: 5 }));
    expect(await measuredAt(await rig.gate(inputs))).not.toBe(await measuredAt(first));
    await rm(generation, { force: true });
    const tokenizer = rig.path('base', 'tokenizer.json');
    await writeFile(tokenizer, (await readFile(tokenizer, 'utf8')).replaceAll('"<unk>"', '"<other>"'));
    expect(await measuredAt(await rig.gate(inputs))).not.toBe(await measuredAt(first));
    const kept = entries().length;
    const { only: _, ...whole } = MODEL;
    await rig.gate(whole, { event: PUSH });
    expect(entries()).toHaveLength(kept);
  });

  it('that fails, or may not be asked about, costs time alone: no annotation', async () => {
    await rig.gate(MODEL, { event: PUSH });
    rig.github.faults.push({ request: /actions\/caches/, status: 403 });
    expect(levels(await rig.gate(MODEL))).toEqual(['warning']);
    rig.github.faults.length = 0;
    rig.results.faults.push({ request: /CacheService/, status: 403 });
    for (const event of [undefined, PUSH]) {
      const outcome = await rig.gate({ ...MODEL, key: 'other' }, event ? { event } : {});
      expect(outcome.outputs.verdict, outcome.log).toBe('warn');
      expect(levels(outcome)).toEqual(['warning']);
    }
  });

  it('is the baseline only where the policy says so, by key, and never one that failed', async () => {
    await rig.gate(MODEL, { event: PUSH });
    await rig.gate({ ...BROKEN, key: 'other' }, { event: PUSH });
    expect((await rig.gate(MODEL)).outputs.verdict).toBe('warn');
    rig.github.files.set(`${BASE_SHA}:${POLICY}`, 'baseline: cache\n');
    const outcome = await rig.gate(MODEL);
    expect(outcome.outputs.verdict, outcome.log).toBe('pass');
    expect(rig.github.comments[0]?.body).toContain(`as of commit <code>${HEAD_SHA.slice(0, 7)}</code>`);
    expect((await rig.gate({ ...MODEL, key: 'other' })).outputs.verdict).toBe('warn');
    const off = await rig.gate({ ...MODEL, cache: 'off' });
    expect(annotations(off)[0]?.message).toMatch(/^the policy says baseline: cache, and the input cache is off/);
  });

  it('as a baseline is not one that the pull request has written', async () => {
    rig.github.files.set(`${BASE_SHA}:${POLICY}`, 'baseline: cache\n');
    const first = await rig.gate(MODEL, { event: PUSH });
    const [entry] = rig.results.cache.all.filter(({ key }) => key.startsWith('shadow-gate-baseline/'));
    if (!entry) throw new Error('nothing was saved');
    const bytes = await cacheArchive({ '.shadow-gate-cached-measurement.json': await measurementOf(first) });
    rig.results.cache.put({ ...entry, key: `${entry.key}9`, ref: 'refs/pull/7/merge', bytes });
    // That of another pull request is not found, and must not cost this one its baseline.
    const [elsewhere] = rig.results.cache.all.slice(-1);
    if (elsewhere) Object.assign(elsewhere, { ref: 'refs/pull/8/merge' });
    const outcome = await rig.gate(MODEL);
    expect(outcome.outputs.verdict, outcome.log).toBe('pass');
    if (elsewhere) Object.assign(elsewhere, { ref: 'refs/pull/7/merge' });
    const poisoned = await rig.gate(MODEL);
    expect(poisoned.code).toBe(1);
    expect(poisoned.outputs).toEqual({});
    expect(annotations(poisoned)[0]?.message).toMatch(/^the baseline, .* could not be read: the change itself/);
  });

  it('as a baseline that cannot be read is an error, not a verdict without one', async () => {
    await rig.gate(MODEL, { event: PUSH });
    rig.github.files.set(`${BASE_SHA}:${POLICY}`, 'baseline: cache\n');
    await writeFile(rig.path(POLICY), 'baseline: cache\n');
    rig.results.faults.push({ request: /CacheService/, status: 403 });
    for (const event of [undefined, PUSH]) {
      const outcome = await rig.gate(MODEL, event ? { event } : {});
      expect(annotations(outcome)[0]?.message, outcome.log).toMatch(/none of its entries could be fetched/);
      expect(outcome.outputs).toEqual({});
    }
    rig.results.faults.length = 0;
    rig.github.faults.push({ request: /actions\/caches/, status: 403, message: 'Resource not accessible' });
    expect(annotations(await rig.gate(MODEL))[0]?.message).toMatch(/Resource not accessible.*actions: read/);
  });
});

describe('single spectra in the cache', () => {
  const recalled = async (outcome: Outcome) => JSON.parse(await measurementOf(outcome)).run.recalledSpectra;
  const bundles = () => rig.results.cache.all.filter(({ key }) => key.startsWith('shadow-gate-spectra/'));

  it('a checkpoint that changed one of eight matrices costs one, by the clock too', async () => {
    await rig.gate(MODEL, { event: PUSH });
    expect(bundles()).toHaveLength(1);
    expect(await recalled(await rig.gate(BROKEN))).toBe(7);
    expect(await recalled(await rig.gate({ ...BROKEN, seed: 'rotate', baseline: 'model' }, { event: SCHEDULE }))).toBe(
      7,
    );
    expect(bundles()).toHaveLength(2);
    expect(await recalled(await rig.gate({ ...BROKEN, cache: 'off' }))).toBe(0);
  });

  it('none that the change has written, and none of a damaged bundle', async () => {
    await rig.gate(MODEL, { event: PUSH });
    const [entry] = bundles();
    if (!entry) throw new Error('nothing was saved');
    const bytes = rig.results.cache.bytesOf(entry);
    rig.results.cache.put({ ...entry, key: `${entry.key}9`, ref: 'refs/pull/7/merge', bytes });
    expect(await recalled(await rig.gate(BROKEN))).toBe(0);
    rig.results.cache.poison(entry, await cacheArchive({ '.shadow-gate-cached-measurement.json': '{"a": 1}' }));
    expect(await recalled(await rig.gate(BROKEN, { event: PUSH }))).toBe(0);
  });
});

describe('update-baseline: pull-request', () => {
  const INPUTS = { ...MODEL, 'update-baseline': 'pull-request' };
  const BRANCH = 'heads/shadow-gate/baseline-default';
  const proposed = () => rig.github.files.get(`${rig.github.refs.get(BRANCH)}:.shadow-gate/baseline.json`);

  it('proposes the measurement of a push to the default branch once, and brings that up to date', async () => {
    const first = await rig.gate(INPUTS, { event: PUSH });
    expect(first.outputs['baseline-pull-request'], first.log).toBe('https://github.com/o/r/pull/200');
    expect(rig.github.pulls).toMatchObject([{ title: 'Shadow Gate: new baseline', base: { ref: 'main' } }]);
    expect(rig.github.pulls[0]?.body).toMatch(/There is none so far/);
    expect(proposed()).toBe(await measurementOf(first));

    const second = await rig.gate({ ...INPUTS, ...FOREIGN, cache: 'off' }, { event: PUSH });
    expect(second.outputs['baseline-pull-request']).toBe('https://github.com/o/r/pull/200');
    expect(rig.github.pulls).toHaveLength(1);
    expect(proposed()).toBe(await measurementOf(second));
  });

  it('shows the shadow deltas, and proposes nothing where nothing changed, the check failed, or it is no push to main', async () => {
    const base = await rig.gate(MODEL, { event: PUSH });
    const baseline = JSON.parse(await measurementOf(base));
    // Another machine comes to other last digits.
    baseline.tensors[0].metrics.frobeniusNorm += 1e-9;
    await writeFile(rig.path('baseline.json'), JSON.stringify(baseline));
    const inputs = { ...INPUTS, baseline: 'baseline.json' };
    await rig.gate(inputs, { event: PUSH });
    await rig.gate({ ...inputs, ...BROKEN }, { event: PUSH });
    await rig.gate({ ...inputs, ...FOREIGN });
    await rig.gate({ ...inputs, ...FOREIGN }, { event: SCHEDULE });
    expect(rig.github.pulls).toEqual([]);
    await rig.gate({ ...inputs, ...FOREIGN }, { event: PUSH });
    expect(rig.github.pulls[0]?.body).toContain('The shadow deltas below');
  });

  it('is refused before it measures where the baseline is no file: it would replace a checkpoint, or commit what nobody reads', async () => {
    for (const baseline of ['model', 'artifact']) {
      const outcome = await rig.gate({ ...INPUTS, baseline }, { event: PUSH });
      expect(annotations(outcome)[0]?.message, outcome.log).toMatch(/^update-baseline: pull-request proposes a measur/);
      expect(outcome.outputs).toEqual({});
    }
    await writeFile(rig.path(POLICY), 'baseline: cache\n');
    expect((await rig.gate(INPUTS, { event: PUSH })).code).toBe(1);
    expect(rig.github.pulls).toEqual([]);
  });

  it('only warns where it may not', async () => {
    rig.github.mayOpenPullRequests = false;
    const outcome = await rig.gate(INPUTS, { event: PUSH });
    expect(outcome.code, outcome.log).toBe(0);
    expect(annotations(outcome)[1]?.message).toMatch(/does not let actions open pull requests/);
    rig.github.canWrite = false;
    expect(annotations(await rig.gate(INPUTS, { event: PUSH }))[1]?.message).toMatch(/contents: write/);
  });
});
