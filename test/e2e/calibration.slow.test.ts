import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { CALIBRATION_FILE, parseCalibration } from '../../src/compare/calibration/file.ts';
import { readReport } from '../../src/report/json.ts';
import { annotations, useRig, WEIGHTS } from './rig.ts';
import { BASE_SHA, DISPATCH, HEAD_SHA, type Outcome, PUSH, SCHEDULE } from './run-action.ts';
import { writeTinyCheckpoint } from './tiny-checkpoint.ts';

// Limits for the shape of an update, from known-good checkpoints: who may set them, and what they cost.

const rig = useRig();

/** Training with another seed: every weight of `model` moves a little, by noise and perhaps in one common direction. */
async function train(name: string, seed: number, { noise = 0.01, narrow = 0 } = {}): Promise<string> {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  // The first numbers of neighboring seeds resemble each other.
  for (let i = 0; i < 8; i += 1) random();
  const direction = (i: number) => Math.sin(i % 16) * Math.cos(Math.floor(i / 16));
  await writeTinyCheckpoint(rig.path(name), {
    edit: (_, values) => values.set(values.map((x, i) => x + noise * random() + narrow * direction(i))),
  });
  return name;
}

const SEEDS = ['seed-1', 'seed-2', 'seed-3', 'seed-4'] as const;
beforeEach(async () => {
  for (const [i, name] of SEEDS.entries()) await train(name, i + 1);
});

const calibrate = (checkpoints: readonly string[], more: Record<string, string> = {}) => ({
  mode: 'calibrate',
  reference: 'model',
  checkpoints: checkpoints.join('\n'),
  ...more,
});
const read = async (outcome: Outcome) =>
  parseCalibration(await readFile(outcome.outputs.calibration ?? '', 'utf8'), 'it');
const namesIn = async (outcome: Outcome) => (await read(outcome)).runs.map(({ name }) => name);
const spectra = ({ log }: Outcome) => {
  const [, computed, recalled] = /Spectra: (\d+) computed, (\d+) from the cache/.exec(log) ?? [];
  return { computed: Number(computed), recalled: Number(recalled) };
};

describe('mode: calibrate', () => {
  it('one more checkpoint costs one measurement: the others come from the cache, or are in the file', async () => {
    const first = await rig.gate(calibrate(SEEDS.slice(0, 3)), { event: DISPATCH });
    expect(first.code, first.log).toBe(0);
    expect(spectra(first)).toEqual({ computed: 24, recalled: 0 });
    expect(await namesIn(first)).toEqual(SEEDS.slice(0, 3));
    expect(first.outputs).toEqual({ calibration: rig.path(CALIBRATION_FILE), 'baseline-pull-request': '' });
    // Nobody has committed the file.
    await rm(rig.path(CALIBRATION_FILE));
    const second = await rig.gate(calibrate(SEEDS), { event: DISPATCH });
    expect(spectra(second), second.log).toEqual({ computed: 8, recalled: 24 });
    expect(await namesIn(second)).toEqual(SEEDS);
    // With the file, not even the cache is asked, and a checkpoint that is not listed any more stays.
    await train('seed-5', 5);
    const third = await rig.gate(calibrate(['seed-4', 'seed-5'], { cache: 'off' }), { event: PUSH });
    expect(await namesIn(third)).toEqual([...SEEDS, 'seed-5']);
    expect(third.summary).toContain('from 4 to 5 known-good runs');
    expect(third.summary).toMatch(/<code>seed-5<\/code> *\| *[\d.]+ *\| *new/);
    expect(third.summary).toMatch(/range of 5 known-good runs, widened by half|mean of 5 known-good runs/);
  });

  it('is refused where a change may have brought the checkpoints', async () => {
    const elsewhere = { GITHUB_REF: 'refs/heads/tune' };
    for (const options of [{}, { event: PUSH, environment: elsewhere }, { event: DISPATCH, environment: elsewhere }]) {
      const outcome = await rig.gate(calibrate(SEEDS), options);
      expect(outcome.code).toBe(1);
      expect(annotations(outcome)[0]?.message).toMatch(/^mode: calibrate runs on what the default branch has/);
      expect(outcome.outputs).toEqual({});
    }
    // A run by hand that checks out a pull request.
    await rig.checkOut('.', 'c'.repeat(40));
    const dispatched = await rig.gate(calibrate(SEEDS), { event: DISPATCH });
    expect(annotations(dispatched)[0]?.message).toMatch(/may have checked out something else/);
    // The same without a trace of it.
    await rm(rig.path('.git'), { recursive: true });
    for (const event of [DISPATCH, PUSH, SCHEDULE]) {
      const untold = await rig.gate(calibrate(SEEDS), { event });
      expect(annotations(untold)[0]?.message).toMatch(/may have checked out something else/);
    }
    expect(existsSync(rig.path(CALIBRATION_FILE))).toBe(false);
  });

  it('a series keeps its order', async () => {
    const series = { series: 'true' };
    await rig.gate(calibrate(SEEDS.slice(0, 3), series), { event: PUSH });
    const swapped = await rig.gate(calibrate(['seed-2', 'seed-1'], series), { event: PUSH });
    expect(annotations(swapped)[0]?.message).toMatch(/^seed-1 stands later in the list than in the series/);
    const early = await rig.gate(calibrate(['seed-4', 'seed-1'], series), { event: PUSH });
    expect(annotations(early)[0]?.message).toMatch(/^seed-1 stands later in the list than in the series/);
    const runs = await rig.gate(calibrate(SEEDS), { event: PUSH });
    expect(annotations(runs)[0]?.message).toMatch(/has a series, and the input series is false/);
    expect((await read(await rig.gate(calibrate(SEEDS, series), { event: PUSH }))).kind).toBe('series');
  });

  it('a file of another version is made anew, and that is said', async () => {
    const first = await rig.gate(calibrate(SEEDS.slice(0, 3)), { event: PUSH });
    const old = await read(first);
    const text = JSON.stringify({ ...old, tool: { ...old.tool, version: '0.1.0' } });
    await writeFile(rig.path(CALIBRATION_FILE), text);
    const second = await rig.gate(calibrate(SEEDS.slice(1)), { event: PUSH });
    expect(await namesIn(second)).toEqual(SEEDS.slice(1));
    expect(annotations(second)[0]?.message).toMatch(/is of version 0.1.0 and is made anew/);
    expect(second.summary).toContain('from 3 to 3 known-good runs, without 1 of before');
  });

  it('proposes the file in a pull request, and nothing where it has all of them', async () => {
    const proposing = { 'update-baseline': 'pull-request' };
    const first = await rig.gate(calibrate(SEEDS, proposing), { event: DISPATCH });
    expect(first.outputs['baseline-pull-request'], first.log).toBe('https://github.com/o/r/pull/200');
    expect(rig.github.pulls).toMatchObject([
      { title: 'Shadow Gate: calibration with 4 known-good runs', base: { ref: 'main' } },
    ]);
    expect(rig.github.pulls[0]?.body).toContain('4 known-good runs, the first calibration');
    const branch = rig.github.refs.get('heads/shadow-gate/calibration-default');
    expect(rig.github.files.get(`${branch}:${CALIBRATION_FILE}`)).toBe(
      await readFile(rig.path(CALIBRATION_FILE), 'utf8'),
    );
    const again = await rig.gate(calibrate(SEEDS, proposing), { event: PUSH });
    expect(again.outputs['baseline-pull-request']).toBe('');
    expect(again.log).toContain('No calibration is proposed: it has all of these checkpoints.');
    await train('seed-5', 5);
    const nightly = await rig.gate(calibrate(['seed-5'], proposing), { event: SCHEDULE });
    expect(nightly.outputs['baseline-pull-request']).toBe('');
    expect(rig.github.pulls).toHaveLength(1);
  });
});

describe('a gate with a calibration', () => {
  const GATE = { ...WEIGHTS, reference: 'model', baseline: 'seed-1' };
  /** The same distance as the others, mostly in one direction. */
  const narrow = () => train('narrow', 7, { noise: 0.004, narrow: 0.005 });
  const calibrated = async () => {
    const outcome = await rig.gate(calibrate(SEEDS), { event: PUSH });
    return readFile(outcome.outputs.calibration ?? '', 'utf8');
  };
  const findingsOf = async ({ outputs }: Outcome) =>
    (await readReport(outputs.report ?? '')).findings.map(({ kind, level }) => `${kind}: ${level}`);

  it('judges a pull request by the calibration of its base commit, whatever the change does to the file', async () => {
    const text = await calibrated();
    await narrow();
    rig.github.files.set(`${BASE_SHA}:${CALIBRATION_FILE}`, text);
    rig.github.files.set(`${HEAD_SHA}:${CALIBRATION_FILE}`, '{}');
    await writeFile(rig.path(CALIBRATION_FILE), '{}');
    const outcome = await rig.gate({ ...GATE, checkpoint: 'narrow' });
    expect(await findingsOf(outcome), outcome.log).toContain('calibrated-metric: warn');
    expect(await findingsOf(outcome)).toContain('changed-input: info');
    expect(outcome.summary).toContain('This change edits the calibration');
    const off = await rig.gate({ ...GATE, checkpoint: 'narrow', calibration: 'off' });
    expect(await findingsOf(off)).not.toContain('calibrated-metric: warn');
    // A run of probes alone has no update to judge.
    const probes = await rig.gate({ ...GATE, only: 'probes', checkpoint: 'narrow' });
    expect(probes.log).not.toContain('calibration .shadow-gate');
  });

  it('proposes an accepted checkpoint for the calibration too, in one commit with the baseline, and none that was flagged', async () => {
    const inputs = { ...GATE, baseline: '.shadow-gate/baseline.json', 'update-baseline': 'pull-request' };
    const text = await calibrated();
    const proposed = (path: string) =>
      rig.github.files.get(`${rig.github.refs.get('heads/shadow-gate/baseline-default')}:${path}`);
    const good = await rig.gate({ ...inputs, checkpoint: await train('seed-9', 9) }, { event: PUSH });
    expect(good.outputs['baseline-pull-request'], good.log).toBe('https://github.com/o/r/pull/200');
    expect(rig.github.pulls[0]?.title).toBe('Shadow Gate: new baseline and calibration');
    expect(rig.github.pulls[0]?.body).toContain('from 4 to 5 known-good runs');
    expect(proposed(inputs.baseline)).toBe(await readFile(good.outputs.measurement ?? '', 'utf8'));
    const extended = parseCalibration(proposed(CALIBRATION_FILE) ?? '', 'it');
    expect(extended.runs.map(({ name }) => name)).toEqual([...SEEDS, `seed-9@${HEAD_SHA.slice(0, 7)}`]);
    // Nothing but the pull request has it.
    expect(await readFile(rig.path(CALIBRATION_FILE), 'utf8')).toBe(text);

    await narrow();
    const flagged = await rig.gate({ ...inputs, checkpoint: 'narrow' }, { event: PUSH });
    expect(rig.github.pulls[0]?.title, flagged.log).toBe('Shadow Gate: new baseline');
    expect(rig.github.pulls[0]?.body).toMatch(/stays as it is: this checkpoint is outside of what it covers/);
    expect(proposed(CALIBRATION_FILE)).toBeUndefined();
    expect(proposed(inputs.baseline)).toBe(await readFile(flagged.outputs.measurement ?? '', 'utf8'));

    const other = await rig.gate({ ...inputs, checkpoint: 'seed-9', reference: 'seed-2' }, { event: PUSH });
    expect(rig.github.pulls[0]?.body, other.log).toContain('it was measured against another reference');
    expect(proposed(CALIBRATION_FILE)).toBeUndefined();
  });

  it('judges merged shards too, and by no file of the change', async () => {
    const text = await calibrated();
    await narrow();
    rig.github.files.set(`${BASE_SHA}:${CALIBRATION_FILE}`, text);
    await rm(rig.path(CALIBRATION_FILE));
    for (const shard of ['1/2', '2/2']) {
      const { code, log } = await rig.gate(
        { ...WEIGHTS, reference: 'model', checkpoint: 'narrow', shard },
        { runId: 42 },
      );
      expect(code, log).toBe(0);
    }
    const merged = await rig.gate({ mode: 'merge', only: 'spectra', reference: 'model' }, { runId: 42 });
    expect(await findingsOf(merged), merged.log).toContain('calibrated-metric: warn');
    expect(merged.summary).toContain('This change deletes the calibration');
  });

  it('has nothing against one more good run', async () => {
    await calibrated();
    const good = await rig.gate({ ...GATE, checkpoint: await train('seed-9', 9) }, { event: PUSH });
    expect(
      (await findingsOf(good)).filter((line) => line.startsWith('calibrat')),
      good.log,
    ).toEqual([]);
    expect(good.log).toContain('calibration .shadow-gate/calibration.json is read from the workspace');
  });
});
