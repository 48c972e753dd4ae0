import { writeFile } from 'node:fs/promises';
import { strToU8, unzipSync, zipSync } from 'fflate';
import { beforeEach, expect, it } from 'vitest';
import { type HistoryEntry, parseHistory } from '../../src/history/entry.ts';
import { repository } from '../fixtures.ts';
import { annotations, levels, useRig } from './rig.ts';
import { type Outcome, PUSH, SCHEDULE } from './run-action.ts';

const rig = useRig();

const example = (name: string) => repository('examples', name);
const NIGHTLY = { reference: example('base'), only: 'spectra', key: 'nightly' };
const PAIR = { checkpoint: example('benchmark-aligned'), baseline: example('coverage-expanding') };
const NARROW = { ...NIGHTLY, ...PAIR, policy: 'policy.yml' };
/** The ratio of the pair differs by 8.7%: this warns of it, and by default nothing does. */
const STRICT = 'rules: [{ metric: mlpAttentionRatio, direction: up, relative: 0.08 }]\n';
const NAME = 'shadow-gate-history-nightly';

beforeEach(() => writeFile(rig.path('policy.yml'), STRICT));

/** One scheduled run. @param conclusion of the run, after it has ended */
async function night(inputs: Record<string, string>, runId: number, conclusion = 'success'): Promise<Outcome> {
  const now = new Date(Date.UTC(2026, 10, runId, 3, 17));
  const outcome = await rig.gate(inputs, { event: SCHEDULE, runId, now });
  rig.end(runId, 'schedule', conclusion);
  return outcome;
}

/** The history that the newest run has left. */
function history(): HistoryEntry[] {
  const artifact = rig.results.artifacts.visible.find(({ name }) => name === NAME);
  if (!artifact) return [];
  const files = unzipSync(rig.results.artifacts.bytesOf(artifact));
  return parseHistory(Buffer.from(files['history.jsonl'] ?? []).toString('utf8'), NAME);
}

function plant(runId: number, text: string): void {
  rig.results.artifacts.put({
    runId,
    name: NAME,
    bytes: Buffer.from(zipSync({ 'history.jsonl': strToU8(text) })),
  });
  rig.end(runId, 'schedule', 'success');
}

it('each scheduled check with a verdict is a line of the history; other events leave none', async () => {
  await night(NARROW, 1);
  await night({ ...NIGHTLY, checkpoint: 'nowhere' }, 2, 'failure');
  await night({ ...NARROW, 'fail-on': 'warn' }, 3, 'failure');
  await rig.gate(NARROW, { event: PUSH });
  expect(history()).toMatchObject([
    {
      time: '2026-11-01T03:17:00.000Z',
      run: { id: '1', url: 'https://github.com/o/r/actions/runs/1' },
      verdict: 'warn',
    },
    { run: { id: '3' }, concentration: { baseline: expect.closeTo(0.6353, 3), candidate: expect.closeTo(0.6904, 3) } },
  ]);
});

it('a drift over many checks fails a check that alone would only warn, and the issue shows the trend until it is over', async () => {
  await night(NARROW, 1);
  const [entry] = history();
  if (!entry) throw new Error('no history');
  // Four checkpoints before this one, each a little narrower than is healthy.
  const past = [1, 2, 3, 4].map((i) => ({ ...entry, checkpoint: `sha256:${i}`, time: `2026-11-0${i}T03:17:00Z` }));
  plant(2, past.map((line) => `${JSON.stringify(line)}\n`).join(''));
  await writeFile(rig.path('policy.yml'), `${STRICT}trend: { concentration: fail }\n`);
  const outcome = await night(NARROW, 3, 'failure');
  expect(outcome.outputs.verdict, outcome.log).toBe('fail');
  expect(annotations(outcome)[0]?.message).toMatch(
    /MLP ÷ attention ratio of ΔW has drifted up over the last 5 checkpoints/,
  );
  const [issue] = rig.github.issues;
  expect(issue?.body).toMatch(/```mermaid\n[^`]*\nxychart-beta\n[^`]*line \[2\.50, 5\.00, 7\.50, 10\.00, 12\.50\]/);
  expect(history()).toHaveLength(5);
  expect(history().at(-1)?.verdict).toBe('warn');

  // The same checkpoint again changes nothing, and the issue stays open.
  await night(NARROW, 4, 'failure');
  expect(issue).toMatchObject({ state: 'open', comments: [expect.stringContaining('cumulative sums: concentration')] });
  // Another baseline starts a new trend.
  await night({ ...NARROW, baseline: example('benchmark-aligned') }, 5);
  expect(issue?.state).toBe('closed');
  expect(rig.github.issues).toHaveLength(1);
});

it('a history that cannot be read is a warning, and no new history replaces it', async () => {
  await night(NARROW, 1);
  rig.github.faults.push({ request: /actions\/artifacts/, status: 403, message: 'Resource not accessible' });
  const blind = await night(NARROW, 2);
  expect(blind.outputs.verdict).toBe('warn');
  expect(levels(blind)).toEqual(['warning', 'warning']);
  expect(blind.log).toMatch(/judged without the history.*actions: read/);
  rig.github.faults.length = 0;
  await night(NARROW, 3);
  expect(history().map(({ run }) => run?.id)).toEqual(['1', '3']);
});

it('if the newest history is damaged, the one before it is used', async () => {
  await night(NARROW, 1);
  plant(2, '{"schema": "shadow-gate/history@1"');
  const outcome = await night(NARROW, 3);
  expect(outcome.log).toContain('was cut off');
  expect(history().map(({ run }) => run?.id)).toEqual(['1', '3']);
});

it('a history from a run of a pull request is not used', async () => {
  await night(NARROW, 1);
  const [entry] = history();
  rig.results.artifacts.put({
    runId: 2,
    name: NAME,
    bytes: Buffer.from(zipSync({ 'history.jsonl': strToU8(`${JSON.stringify(entry)}\n`.repeat(9)) })),
  });
  rig.end(2, 'pull_request', 'success');
  await night(NARROW, 3);
  expect(history()).toHaveLength(2);
});

it('an endpoint or a probe file that fails is an error without issue or history, and an open issue stays open', async () => {
  await night(
    { ...NIGHTLY, only: 'spectra', checkpoint: 'broken', baseline: 'model', reference: 'model' },
    1,
    'failure',
  );
  const [issue] = rig.github.issues;
  expect(issue?.state).toBe('open');
  await writeFile(rig.path('policy.yml'), 'probes: [gone.jsonl]\n');
  const failures = [
    { ...NIGHTLY, only: 'probes', checkpoint: 'model', endpoint: `${rig.github.url}/v1`, model: 'm' },
    { ...NIGHTLY, only: 'probes', checkpoint: 'model', policy: 'policy.yml' },
  ];
  for (const [i, inputs] of failures.entries()) {
    const outcome = await night(inputs, 2 + i, 'failure');
    expect(outcome.code, outcome.log).toBe(1);
    expect(levels(outcome)).toEqual(['error']);
    expect(outcome.outputs).toEqual({});
  }
  expect(rig.github.issues).toHaveLength(1);
  expect(issue).toMatchObject({ state: 'open', comments: [] });
  expect(history()).toHaveLength(1);
});

it('the history names people who may write and put the label on a pull request that overrides its check', async () => {
  const inputs = { ...NARROW, override: 'accept-model-loss' };
  await night(inputs, 1);
  rig.github.permissions.set('maintainer', 'write');
  rig.github.permissions.set('stranger', 'read');
  const labeled = (login: string, day: number, name = inputs.override) => ({
    ...{ event: 'labeled' as const, label: { name }, actor: { login, type: 'User' as const } },
    ...{ issue: { number: day }, created_at: `2026-11-0${day}T12:00:00Z` },
  });
  rig.github.labelings.push(
    ...[labeled('stranger', 2), labeled('maintainer', 3), labeled('maintainer', 4, 'docs'), labeled('maintainer', 5)],
  );
  await night(inputs, 4);
  await night(inputs, 6);
  const by = (pullRequest: number) => ({ login: 'maintainer', pullRequest, time: `2026-11-0${pullRequest}T12:00:00Z` });
  expect(history().map(({ overrides }) => overrides)).toEqual([undefined, [by(5), by(3)], [by(5)]]);
});
