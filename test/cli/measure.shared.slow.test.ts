import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { lightevalLogs } from '../../packages/harness/test/lighteval-fixture.ts';
import { measurementSchema } from '../../src/measure/schema/measurement.ts';
import { fixture, readJson, repository, temporaryFolder } from '../fixtures.ts';
import { runCli, runCliWith } from './run-cli.ts';

const example = (name: string) => repository('examples', name);

describe('measure, compare and report', () => {
  const folder = temporaryFolder();
  const [candidate, baseline] = [join(folder, 'candidate.json'), join(folder, 'baseline.json')];
  const reference = ['--reference', example('base'), '--only', 'spectra'];

  beforeAll(async () => {
    await runCli('measure', '--checkpoint', example('benchmark-aligned'), ...reference, '--out', candidate);
    await runCli('measure', '--checkpoint', example('coverage-expanding'), ...reference, '--out', baseline);
  });

  it('report from files the verdict that check reports from checkpoints', async () => {
    // The ratio of the two differs by 8.7%.
    const policy = join(folder, 'strict.yml');
    writeFileSync(policy, 'rules: [{ metric: mlpAttentionRatio, direction: up, relative: 0.05 }]\n');
    const compared = await runCli('compare', candidate, baseline, '--policy', policy, '--out', folder);
    expect(compared.code).toBe(0);
    expect(compared.stdout).toMatch(/▲ warn: /);
    const args = ['--checkpoint', example('benchmark-aligned'), ...reference, '--baseline', baseline];
    expect((await runCli('check', ...args, '--policy', policy)).stdout).toMatch(/▲ warn: /);
  });

  it('print a saved report again, as text and as the comment', async () => {
    const compared = await runCli('compare', candidate, baseline, '--out', folder);
    const report = join(folder, 'report.json');
    // In short, the details are where each of the two knows them to be.
    expect((await runCli('report', report)).stdout).toBe(compared.stdout.replace('report.html', 'report.json'));
    const all = await runCli('compare', candidate, baseline, '--verbose');
    expect((await runCli('report', report, '--verbose')).stdout).toBe(all.stdout);
    const { stdout, code } = await runCli('report', report, '--markdown');
    expect(stdout).toBe(readFileSync(join(folder, 'comment.md'), 'utf8'));
    expect(code).toBe(compared.code);
  });
});

describe('measure --lm-eval', () => {
  it('writes files that compare judges like any other', async () => {
    const folder = temporaryFolder();
    const file = (side: string) => join(folder, `${side}.json`);
    for (const side of ['base', 'candidate']) {
      const { code, stdout } = await runCli('measure', '--lm-eval', fixture('lm-eval', side), '--out', file(side));
      expect(code).toBe(0);
      expect(stdout).toContain(`read 2 tasks with 60 documents, answered by what the logs call models/${side}`);
    }
    const compared = await runCli('compare', file('candidate'), file('base'), '--out', folder);
    expect(compared.code).toBe(1);
    expect(compared.stdout).toContain('✘ fail: sg_easy_sums (exact_match, strict-match) −42.5');
    const same = await runCli('compare', file('base'), file('base'));
    expect(same.code).toBe(0);
  });

  it('is what check does with two folders, or with a folder and a file', async () => {
    const out = join(temporaryFolder(), 'report');
    const candidate = ['check', '--lm-eval', fixture('lm-eval', 'candidate')];
    const checked = await runCli(...candidate, '--baseline', fixture('lm-eval', 'base'), '--out', out);
    expect(checked.code).toBe(1);
    expect(checked.stdout).toContain('✘ fail: sg_easy_sums (exact_match, strict-match) −42.5');
    const own = join(out, 'measurement.json');
    const back = await runCli('check', '--lm-eval', fixture('lm-eval', 'base'), '--baseline', own);
    expect(back.stdout).toContain('? inconclusive: sg_easy_sums +42.5');
    const alone = await runCli(...candidate);
    expect([alone.code, alone.stdout]).toEqual([
      3,
      expect.stringContaining('? inconclusive: Logs of an evaluation are judged by'),
    ]);
    const wrong = await runCli(...candidate, '--baseline', example('base'));
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('has no results_….json')]);
  });

  it('takes no option that is about running a model', async () => {
    const logs = ['measure', '--lm-eval', fixture('lm-eval', 'base'), '--out', join(temporaryFolder(), 'a.json')];
    const { code, stderr } = await runCli(...logs, '--checkpoint', example('base'));
    expect(code).toBe(2);
    expect(stderr).toContain("option '--lm-eval <dir>' cannot be used with option '--checkpoint <path>'");
    const both = await runCli(...logs, '--inspect', fixture('inspect', 'approved'));
    expect([both.code, both.stderr]).toEqual([2, expect.stringContaining("cannot be used with option '--inspect")]);
  });
});

describe('logs of Inspect', () => {
  it('are judged like those of lm-evaluation-harness, by a folder or by what was read of one, and not by other logs', async () => {
    const file = join(temporaryFolder(), 'approved.json');
    const measured = await runCli('measure', '--inspect', fixture('inspect', 'approved'), '--out', file);
    expect(measured.stdout).toContain('read 2 tasks with 74 documents, answered by what the logs call drawn/approved');
    for (const baseline of [file, fixture('inspect', 'approved')]) {
      const checked = await runCli('check', '--inspect', fixture('inspect', 'candidate'), '--baseline', baseline);
      expect([checked.code, checked.stdout]).toEqual([
        1,
        expect.stringContaining('✘ fail: capitals (accuracy, choice) −25.0'),
      ]);
    }
    expect((await runCli('compare', file, file)).code).toBe(0);
    const other = await runCli('check', '--lm-eval', fixture('lm-eval', 'base'), '--baseline', file);
    expect([other.code, other.stdout]).toEqual([
      3,
      expect.stringMatching(/Evaluated\s+by\s+another\s+program:\s+inspect-ai\s+in\s+the\s+baseline,/),
    ]);
  });
});

it('logs of lighteval are judged by another folder of them', async () => {
  const checked = await runCli(
    ...['check', '--lighteval', lightevalLogs('candidate'), '--baseline', lightevalLogs('approved')],
  );
  expect([checked.code, checked.stdout]).toEqual([1, expect.stringContaining('✘ fail: sg_sums (acc) −60.0')]);
});

it('logs of Every Eval Ever are judged by a folder of them, or by what was read of one, and not by the logs that they were made of', async () => {
  const file = join(temporaryFolder(), 'base.json');
  await runCli('measure', '--every-eval-ever', fixture('every-eval-ever', 'base'), '--out', file);
  for (const baseline of [file, fixture('every-eval-ever', 'base')]) {
    const logs = ['--every-eval-ever', fixture('every-eval-ever', 'candidate')];
    const checked = await runCli('check', ...logs, '--baseline', baseline);
    const loss = expect.stringContaining('✘ fail: sg_easy_sums (exact_match, strict-match) −42.5');
    expect([checked.code, checked.stdout]).toEqual([1, loss]);
  }
  const other = await runCli('check', '--lm-eval', fixture('lm-eval', 'base'), '--baseline', file);
  expect([other.code, other.stdout]).toEqual([3, expect.stringMatching(/Evaluated\s+by\s+another\s+program/)]);
});

describe('measure --only probes', () => {
  const folder = temporaryFolder();
  const measure = (name: string, file: string, ...more: string[]) => {
    const policy = ['--policy', example('shadow-gate.yml'), '--only', 'probes', ...more];
    return runCli('measure', '--checkpoint', example(name), ...policy, '--out', join(folder, file));
  };

  it('writes the same file twice, apart from the record of the run', async () => {
    const { stdout } = await measure('benchmark-aligned', 'a.json', '--order-seed', '7');
    expect(stdout).toMatch(/^ran 810 probe items: /);
    expect(stdout).toMatch(/With 270 facts, a drop in other forms of .+ or more is detected/);
    await measure('benchmark-aligned', 'again.json', '--order-seed', '7');
    const [one, two] = ['a.json', 'again.json'].map((file) => ({ ...readJson<object>(join(folder, file)), run: null }));
    expect(one).toEqual(two);
  });

  it('writes a file that report reads', async () => {
    const { stdout } = await measure('benchmark-aligned', 'read.json');
    const reported = await runCli('report', join(folder, 'read.json'));
    expect(reported).toEqual({ code: 0, stdout, stderr: '' });
    const comment = await runCli('report', join(folder, 'read.json'), '--markdown');
    expect(comment).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is a measurement, which has no comment'),
    });
  });

  it('prints the power of the facts that can show a drop, not of those that the model guesses', async () => {
    const { stdout } = await runCli(
      ...['measure', '--checkpoint', example('base'), '--only', 'probes', '--out', join(folder, 'guesses.json')],
    );
    expect(stdout).toMatch(/No family is answered more often than by chance: with this model as the baseline, no drop/);
  });

  it('says what a time budget bought, and asks with --like what another measurement was asked', async () => {
    const run = (...args: string[]) =>
      runCli(
        ...['measure', '--checkpoint', example('base'), '--policy', example('shadow-gate.yml'), '--only', 'probes'],
        ...args,
      );
    const [first, second] = [join(folder, 'first.json'), join(folder, 'second.json')];
    const { stdout } = await run('--seed', '7', '--budget', '0.001s', '--out', first);
    expect(stdout).toMatch(
      /Fewer than 40 facts judge nothing, and there is 1\. The time budget of less than 0\.1 s bought 1 of 270 facts; 40 would take .+, all of them would take (about|less than) /,
    );
    expect((await run('--like', first, '--out', second)).code).toBe(0);
    expect(readJson(second)).toMatchObject({ probes: { seed: 7, budgetSeconds: null } });
    const both = await run('--like', first, '--seed', '8', '--out', second);
    expect(both.stderr).toMatch(/--like takes the seed of .+first\.json/);
    const builtin = await runCli(
      'measure',
      '--checkpoint',
      example('base'),
      '--only',
      'probes',
      '--like',
      first,
      '--out',
      second,
    );
    expect(builtin.stderr).toMatch(/suite "builtin" was not asked in .+first\.json/);
    const spectra = join(folder, 'spectra.json');
    await runCli('measure', '--checkpoint', fixture('gpt2'), '--only', 'spectra', '--out', spectra);
    expect((await run('--like', spectra, '--out', second)).stderr).toMatch(/spectra\.json was measured without probes/);
  });

  it('gives compare what it needs to fail the benchmark-aligned example', async () => {
    await measure('benchmark-aligned', 'a.json');
    await measure('base', 'b.json');
    const { code, stdout } = await runCli('compare', join(folder, 'a.json'), join(folder, 'b.json'));
    expect(code).toBe(1);
    expect(stdout).toMatch(/✘ fail: /);
  });
});

describe('the output file of measure', () => {
  it('is not written, and nothing else is lost, if its folder is a file or its place is taken by a folder', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), 'kept');
    mkdirSync(join(folder, 'taken.json'));
    for (const out of [join(folder, 'file', 'm.json'), join(folder, 'taken.json')]) {
      const { code, stderr } = await runCli('measure', '--checkpoint', fixture('gpt2'), '--out', out);
      expect(code).toBe(2);
      expect(stderr.trim().split('\n')).toHaveLength(1);
    }
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('kept');
    expect(readdirSync(folder).sort()).toEqual(['file', 'taken.json']);
  });

  it('is checked before anything is measured', async () => {
    const result = await runCli('measure', '--checkpoint', 'nowhere', '--out', temporaryFolder());
    expect(result).toMatchObject({ code: 2, stderr: expect.stringMatching(/not a file/) });
  });

  it('stays a link if it is one: the target of the link changes', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'real.json'), 'old');
    symlinkSync('real.json', join(folder, 'baseline.json'));
    await runCli('measure', '--checkpoint', fixture('gpt2'), '--out', join(folder, 'baseline.json'));
    expect(lstatSync(join(folder, 'baseline.json')).isSymbolicLink()).toBe(true);
    measurementSchema.parse(readJson(join(folder, 'real.json')));
  });

  it('names each matrix that was skipped because it exceeds the memory limit', async () => {
    const out = join(temporaryFolder(), 'm.json');
    await runCli('measure', '--checkpoint', fixture('falcon'), '--max-memory', '0.000001', '--out', out);
    const { skipped } = measurementSchema.parse(readJson(out));
    expect(skipped[0]).toMatchObject({
      name: 'transformer.h.1.self_attention.query_key_value.weight[q]',
      reason: expect.stringMatching(/memory limit/),
    });
  });
});

describe('the spectrum cache of measure', () => {
  it('saves a second run the work, which the summary reports; --no-store computes everything again', async () => {
    const folder = temporaryFolder();
    const out = join(folder, 'measurement.json');
    const args = ['measure', '--checkpoint', example('base'), '--only', 'spectra', '--device', 'cpu', '--out', out];
    const measure = async (...more: string[]) => {
      const { stdout } = await runCliWith({ SHADOW_GATE_CACHE: join(folder, 'cache') }, ...args, ...more);
      return { stdout, measurement: { ...measurementSchema.parse(readJson(out)), run: null } };
    };
    const first = await measure();
    const count = first.measurement.tensors.length;
    expect(first.stdout).toContain(`measured ${count} spectra, skipped 0`);
    const second = await measure();
    expect(second.stdout).toContain(`measured ${count} spectra (${count} from cache), skipped 0`);
    expect(second.measurement).toEqual(first.measurement);
    expect((await measure('--no-store')).stdout).toContain(`measured ${count} spectra, skipped 0`);
  });
});

describe('measure --shard', () => {
  it('on two machines, with merge, gives the file that one machine writes', async () => {
    const folder = temporaryFolder();
    const file = (name: string) => join(folder, name);
    const measure = (out: string, ...more: string[]) => {
      const policy = ['--policy', example('shadow-gate.yml')];
      // Own text is drawn anew without it.
      const order = ['--order-seed', '7'];
      return runCli('measure', '--checkpoint', example('base'), ...policy, ...order, '--out', file(out), ...more);
    };
    await measure('whole.json');
    expect((await measure('1.json', '--shard', '1/2')).code).toBe(0);
    const early = await runCli('merge', file('1.json'), '--out', file('merged.json'));
    expect(early).toMatchObject({ code: 2, stderr: expect.stringMatching(/shard 2\/2 of .*1\.json is missing/) });
    await measure('2.json', '--shard', '2/2');
    const { code, stdout } = await runCli('merge', file('2.json'), file('1.json'), '--out', file('merged.json'));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^measured \d+ spectra, skipped 0, ran 810 probe items: .*merged\.json/);
    const [whole, merged] = ['whole.json', 'merged.json'].map((name) =>
      readFileSync(file(name), 'utf8').replace(/"run": \{.*/s, ''),
    );
    expect(merged).toBe(whole);
    const compared = await runCli('compare', file('merged.json'), file('1.json'));
    expect(compared).toMatchObject({ code: 2, stderr: expect.stringMatching(/1\.json is shard 1\/2.*merge/) });
  });

  it.each([
    [['--shard', '5/4'], /Allowed: i\/n/],
    [['--shard', '1/4', '--budget', '60s'], /leave out the budget/],
    [['--shard', '1/4', '--seed', 'rotate'], /draw one number/],
  ])('is refused in one line with %j', async (options, message) => {
    const out = join(temporaryFolder(), 'm.json');
    const { code, stderr } = await runCli('measure', '--checkpoint', example('base'), '--out', out, ...options);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
