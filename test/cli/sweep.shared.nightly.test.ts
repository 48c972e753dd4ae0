import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint } from '@shadow-gate/checkpoints';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Sweep, sweepSchema } from '../../src/compare/sweep/schema.ts';
import { readReport } from '../../src/report/json.ts';
import { readJson, repository, temporaryFolder } from '../fixtures.ts';
import { countOpens } from '../gate/count-opens.ts';
import { runCli } from './run-cli.ts';

const example = (name: string) => repository('examples', name);

/** What a trainer leaves: four checkpoints, of which two are the same model, and one that is empty. */
function trained(): string {
  const root = temporaryFolder();
  const steps = {
    500: 'prompt-repetition',
    1000: 'coverage-expanding',
    1500: 'benchmark-aligned',
    2000: 'coverage-expanding',
  };
  for (const [step, name] of Object.entries(steps)) {
    cpSync(example(name), join(root, 'run', `checkpoint-${step}`), { recursive: true });
  }
  mkdirSync(join(root, 'run', 'checkpoint-2500'));
  cpSync(example('base'), join(root, 'base'), { recursive: true });
  return root;
}

function sweeping(root: string) {
  const out = join(root, 'sweep');
  const settings = ['--reference', join(root, 'base'), '--policy', example('shadow-gate.yml'), '--out', out];
  const baseline = ['--baseline', join(root, 'base')];
  const run = (...more: readonly string[]) => runCli('sweep', join(root, 'run'), ...settings, ...baseline, ...more);
  const read = (): Sweep => sweepSchema.parse(readJson(join(out, 'sweep.json')));
  return { out, settings, run, read };
}

const timesIn = (out: string, names: readonly string[]) =>
  names.map((name) => readJson<{ run: { time: string } }>(join(out, name, 'measurement.json')).run.time);

const MEASURED = ['checkpoint-500', 'checkpoint-1000', 'checkpoint-1500', 'checkpoint-2000'];

describe('a sweep over what a trainer left', () => {
  const root = trained();
  const { out, run, read } = sweeping(root);
  let first: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => {
    first = await run();
  }, 300_000);

  it('fails for its worst checkpoint, and has a row for each, one that cannot be read among them', () => {
    expect(first.code).toBe(1);
    const { verdict, checkpoints, tests } = read();
    expect(verdict).toBe('fail');
    expect(checkpoints.map(({ step, verdict: own, status }) => [step, own, status])).toEqual([
      [500, 'fail', 'checked'],
      [1000, 'pass', 'checked'],
      [1500, 'fail', 'checked'],
      [2000, 'pass', 'checked'],
      [2500, 'inconclusive', 'unmeasured'],
    ]);
    expect(checkpoints[3]).toMatchObject({ sameAs: 'checkpoint-1000' });
    expect(checkpoints[4]?.message).toMatch(/checkpoint-2500 contains no checkpoint/);
    expect(tests).toBe(3);
  });

  it('gives each checkpoint the verdict, and the numbers, that check gives it alone', async () => {
    const alone = join(root, 'alone');
    await runCli(
      ...['check', '--checkpoint', join(root, 'run', 'checkpoint-1500'), '--reference', join(root, 'base')],
      ...['--baseline', join(root, 'base'), '--policy', example('shadow-gate.yml'), '--all', '--out', alone],
    );
    const [report, swept] = await Promise.all(
      [alone, join(out, 'checkpoint-1500')].map((folder) => readReport(join(folder, 'report.json'))),
    );
    expect(swept?.verdict).toBe(report?.verdict);
    expect(swept?.findings).toEqual(report?.findings);
    const [row] = report?.probes?.comparison.rows ?? [];
    const own = read().checkpoints[2];
    expect(own).toMatchObject({
      verdict: report?.verdict,
      benchmark: row?.benchmark,
      twin: row?.twin,
      shadowDelta: { value: row?.delta?.value, lower: row?.delta?.lower, upper: row?.delta?.upper },
      loss: { p: row?.twinChange?.p },
    });
    // The accuracies of examples/README.md.
    expect(own).toMatchObject({ twin: { candidate: expect.closeTo(0.539, 3), baseline: expect.closeTo(0.417, 3) } });
  }, 60_000);

  it('names the only checkpoint that may be merged, although another one has a better exam', () => {
    const { best, checkpoints } = read();
    expect(best).toMatchObject({ by: 'twin', models: 3, name: 'checkpoint-1000', rivals: [] });
    const examOf = (i: number) => (checkpoints[i]?.status === 'checked' ? checkpoints[i].benchmark?.candidate : 0) ?? 0;
    expect(examOf(2)).toBeGreaterThan(examOf(1));
    expect(first.stdout).toMatch(/checkpoint-1000 is the only model of 3 that may be merged/);
    expect(first.stdout).toMatch(/checkpoint-2000 is the same model as checkpoint-1000/);
    expect(first.stdout).toMatch(/✘ fail: 5 checkpoints: 2 fail, 1 inconclusive, 2 pass\.\n$/);
  });

  it('writes the files of check for each, and a page that links to them and to nothing else', () => {
    for (const name of MEASURED) {
      expect(readdirSync(join(out, name)).sort()).toEqual([
        'comment.md',
        'measurement.json',
        'report.html',
        'report.json',
      ]);
    }
    expect(existsSync(join(out, 'checkpoint-2500'))).toBe(false);
    const page = readFileSync(join(out, 'sweep.html'), 'utf8');
    const links = [...page.matchAll(/href="(?!#|https:)([^"]+)"/g)].map(([, link = '']) => link);
    expect(links.sort()).toEqual(MEASURED.map((name) => `${name}/report.html`).sort());
    for (const link of links) expect(existsSync(join(out, link)), link).toBe(true);
  });

  it('measures nothing again, and writes the same bytes, whatever was lost of the table', async () => {
    const [before, text, times] = [read(), readFileSync(join(out, 'sweep.json'), 'utf8'), timesIn(out, MEASURED)];
    rmSync(join(out, 'sweep.json'));
    rmSync(join(out, 'checkpoint-500'), { recursive: true });
    expect((await run()).code).toBe(1);
    expect(readFileSync(join(out, 'sweep.json'), 'utf8')).toBe(text);
    expect(timesIn(out, MEASURED)).toEqual(times);
    expect(before.checkpoints).toHaveLength(5);
  }, 60_000);

  it('measures again what other weights or an edited result have made stale', async () => {
    const copy = join(temporaryFolder(), 'copy');
    cpSync(root, copy, { recursive: true });
    const own = sweeping(copy);
    const before = timesIn(own.out, MEASURED);
    cpSync(join(copy, 'run', 'checkpoint-1500'), join(copy, 'run', 'checkpoint-500'), { recursive: true });
    await own.run();
    const [replaced, ...others] = timesIn(own.out, MEASURED);
    // The same model as another checkpoint by now: known under another name.
    expect(replaced).toBe(before[2]);
    expect(others).toEqual(before.slice(1));
    const store = join(own.out, '.measurements');
    for (const file of readdirSync(store, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.json'),
    )) {
      const path = join(store, file);
      writeFileSync(
        path,
        readFileSync(path, 'utf8').replaceAll('"correct":false', '"correct":true').replace(/0\.1/, '0.9'),
      );
    }
    await own.run();
    for (const [i, time] of timesIn(own.out, MEASURED).entries()) expect(time).not.toBe(before[i]);
  }, 120_000);

  it('leaves no report of an earlier run for a checkpoint that cannot be measured any more', async () => {
    const copy = join(temporaryFolder(), 'copy');
    cpSync(root, copy, { recursive: true });
    const own = sweeping(copy);
    writeFileSync(join(copy, 'run', 'checkpoint-1000', 'model.safetensors'), 'half');
    const { code, stdout } = await own.run('--fail-on', 'inconclusive');
    expect(code).toBe(1);
    expect(stdout).toMatch(/\? checkpoint-1000/);
    expect(own.read().checkpoints[1]).toMatchObject({ status: 'unmeasured', verdict: 'inconclusive' });
    expect(readdirSync(join(own.out, 'checkpoint-1000'))).toEqual([]);
  }, 60_000);

  it('exits with 3 where the worst is that something could not be judged, unless --fail-on says otherwise', async () => {
    const good = [join(root, 'run', 'checkpoint-1000'), join(root, 'run', 'checkpoint-2500')];
    const args = ['sweep', ...good, ...sweeping(root).settings, '--baseline', join(root, 'base'), '--quiet'];
    const { code, stdout } = await runCli(...args);
    expect(code).toBe(3);
    expect(stdout).toMatch(/^pass: checkpoint-1000: .*\ninconclusive: checkpoint-2500: .*\n$/);
    expect((await runCli(...args, '--fail-on', 'fail')).code).toBe(0);
  }, 60_000);
});

describe('a sweep that machines share', () => {
  it('is what one machine would write, and the last run measures nothing', async () => {
    const root = trained();
    const { out, settings, read } = sweeping(root);
    const baseline = join(root, 'baseline.json');
    const { code } = await runCli(
      ...['measure', '--checkpoint', join(root, 'base'), '--reference', join(root, 'base')],
      ...['--policy', example('shadow-gate.yml'), '--out', baseline],
    );
    expect(code).toBe(0);
    const run = (...more: readonly string[]) =>
      runCli('sweep', join(root, 'run'), ...settings, '--baseline', baseline, ...more);
    const shares = [await run('--shard', '1/2'), await run('--shard', '2/2')];
    expect(shares.map((share) => share.code)).toEqual([1, 0]);
    expect(shares[0]?.stderr).toMatch(/Share 1 of 2: 3 checkpoints/);
    expect(existsSync(join(out, 'sweep.json'))).toBe(false);
    const times = timesIn(out, MEASURED);
    expect((await run()).code).toBe(1);
    expect(timesIn(out, MEASURED)).toEqual(times);
    expect(read().best?.name).toBe('checkpoint-1000');
  }, 120_000);

  it('is refused where each machine would measure a baseline of its own', async () => {
    const root = trained();
    const { run } = sweeping(root);
    const { code, stderr } = await run('--shard', '1/2');
    expect(code).toBe(2);
    expect(stderr).toMatch(/the baseline is to be measured now, and no shard measures it/);
  });
});

it('a sweep reads the weights of baseline and reference once', async () => {
  const root = trained();
  const { run } = sweeping(root);
  const opens = await countOpens(root, () => run('--only', 'probes'));
  // One for the header, and one for each tensor, which is hashed.
  expect(opens['base/model.safetensors']).toBe(1 + (await openCheckpoint(join(root, 'base'))).tensors.size);
}, 120_000);
