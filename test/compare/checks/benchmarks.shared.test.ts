import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type BenchmarkDocument,
  type Benchmarks,
  type BenchmarkTask,
  benchmarksDigest,
} from '@shadow-gate/harness/benchmarks';
import { Random } from '@shadow-gate/probes/random';
import { beforeAll, describe, expect, it } from 'vitest';
import { compare } from '../../../src/compare/compare.ts';
import type { Finding, FindingKind, FindingOf } from '../../../src/compare/finding.ts';
import type { Report } from '../../../src/compare/report.ts';
import { measureLogs } from '../../../src/measure/measure-logs.ts';
import type { Measurement } from '../../../src/measure/schema/measurement.ts';
import { parsePolicy } from '../../../src/policy/load.ts';
import { parseReport, serializeReport } from '../../../src/report/json.ts';
import { renderComment } from '../../../src/report/markdown/comment.ts';
import { renderTerminal } from '../../../src/report/terminal/report.ts';
import { fixture, readJson, shared } from '../../fixtures.ts';
import { measurement } from '../measurement.ts';

/** By task, then `metric,filter`: what lm-evaluation-harness reported, and paired counts with p from scipy. */
type Expected = Readonly<Record<string, Readonly<Record<string, ExpectedMetric>>>>;
interface ExpectedMetric {
  readonly baseline: { readonly n: number; readonly reported: number; readonly reported_stderr: number };
  readonly candidate: { readonly n: number; readonly reported: number; readonly reported_stderr: number };
  readonly paired: {
    readonly n: number;
    readonly both_right: number;
    readonly only_baseline_right: number;
    readonly only_candidate_right: number;
    readonly both_wrong: number;
    readonly mcnemar_exact_p: number;
  };
}

const all = shared('data', 'lm-eval');

function compareLogs(candidate: Measurement, baseline: Measurement, policy = ''): Report {
  const resolved = { policy: parsePolicy(policy, 'policy'), policyPath: null };
  return compare({ candidate, baseline, baselinePath: 'baseline.json', ...resolved, today: new Date() });
}

async function compareFolders(folder: string): Promise<Report> {
  const [candidate, baseline] = await Promise.all(
    ['candidate', 'base'].map((side) => measureLogs({ kind: 'lm-eval', path: join(folder, side) })),
  );
  if (!candidate || !baseline) throw new Error('not read');
  return compareLogs(candidate, baseline);
}

/** The rows of report.json that the file expects, in its form. */
function expectRows(report: Report, expected: Expected): void {
  const { benchmarks } = JSON.parse(JSON.stringify(serializeReport(report))) as Pick<Report, 'benchmarks'>;
  for (const [task, metrics] of Object.entries(expected)) {
    for (const [key, { baseline, candidate, paired }] of Object.entries(metrics)) {
      const [metric, filter] = key.split(',');
      const row = benchmarks?.find((one) => one.task === task && one.metric === metric && one.filter === filter);
      const sides = { baseline, candidate } as const;
      const { p, change, ...counts } = row ?? { p: null, change: null };
      expect(counts, `${task} ${key}`).toEqual({
        task,
        metric,
        filter,
        n: paired.n,
        ...Object.fromEntries(
          Object.entries(sides).map(([side, { reported, reported_stderr: stderr }]) => [
            side,
            { value: reported, stderr },
          ]),
        ),
        bothRight: paired.both_right,
        onlyBaseline: paired.only_baseline_right,
        onlyCandidate: paired.only_candidate_right,
        bothWrong: paired.both_wrong,
      });
      expect(p, `${task} ${key}`).toBeCloseTo(paired.mcnemar_exact_p, 12);
      const { n, only_baseline_right: lost, only_candidate_right: won } = paired;
      expect(change?.value).toBeCloseTo((won - lost) / n, 12);
      expect(change?.stderr).toBeCloseTo(Math.sqrt((lost + won - (won - lost) ** 2 / n) / (n - 1) / n), 12);
    }
  }
}

function found<K extends FindingKind>({ findings }: Report, kind: K): FindingOf<K>[] {
  return findings.filter((one): one is Finding & FindingOf<K> => one.kind === kind);
}

describe('two evaluations by lm-evaluation-harness', () => {
  it('are compared with the counts and p-values that were computed elsewhere', async () => {
    const report = await compareFolders(fixture('lm-eval'));
    expectRows(report, readJson<Expected>(fixture('lm-eval', 'expected.json')));
    expect(report.benchmarks?.length).toBe(4);
    expect(report.verdict).toBe('fail');
    expect(found(report, 'benchmark-loss')).toMatchObject([
      { task: 'sg_easy_sums', lost: 19, won: 2, documents: 40, baseline: 0.875, candidate: 0.45 },
    ]);
  });

  it.runIf(all)('are compared so for every kind of task', async () => {
    const expected = readJson<Readonly<Record<string, Expected>>>(join(all ?? '', 'expected.json'));
    const folders = readdirSync(all ?? '').filter((name) => !/\.|tasks/.test(name));
    expect(Object.keys(expected).sort()).toEqual(folders.sort());
    for (const folder of folders) expectRows(await compareFolders(join(all ?? '', folder)), expected[folder] ?? {});
  });

  it.runIf(all)('have rows of groups with the counts of all their tasks, and none for perplexities', async () => {
    const { benchmarks } = await compareFolders(join(all ?? '', 'mmlu'));
    expect(benchmarks?.[0]).toEqual({
      task: 'sg_group',
      metric: 'acc',
      filter: 'none',
      n: 60,
      baseline: { value: 0.21666666666666667, stderr: 0.054050494342765425 },
      candidate: { value: 0.21666666666666667, stderr: 0.054050494342765425 },
      change: { value: 0, stderr: 0 },
      bothRight: 13,
      onlyBaseline: 0,
      onlyCandidate: 0,
      bothWrong: 47,
      p: 1,
    });
    const other = await compareFolders(join(all ?? '', 'delimiter-and-perplexity'));
    expect(other.benchmarks?.find(({ metric }) => metric === 'word_perplexity')).toEqual({
      task: 'sg_perplexity',
      metric: 'word_perplexity',
      filter: 'none',
      n: 15,
      baseline: { value: 42.93199347581414, stderr: null },
      candidate: { value: expect.closeTo(56.2, 1), stderr: null },
      change: null,
      bothRight: null,
      onlyBaseline: null,
      onlyCandidate: null,
      bothWrong: null,
      p: null,
    });
    expect(other.benchmarks?.find(({ metric }) => metric === 'perplexity')?.p).toBeNull();
  });
});

const hash = (text: string) => text.padEnd(64, '_');

/** A task of 200 documents with two choices, of which the first `right` are answered. */
function task(name: string, right: number, over: Partial<BenchmarkTask> = {}): BenchmarkTask {
  const documents = Array.from({ length: 200 }, (_, id): BenchmarkDocument => {
    const hashes = { docHash: hash(`d${id}`), promptHash: hash(`p${id}`), targetHash: hash('t') };
    return {
      id,
      ...hashes,
      doc: hash(`${id}`),
      requests: hash(`r${id}`),
      values: [id < right ? 1 : 0],
      logprobs: [-1 - right, -2],
    };
  });
  return {
    name,
    alias: null,
    version: '1',
    shots: 0,
    hash: null,
    outputType: 'multiple_choice',
    scoring: 'scoring',
    chatTemplate: null,
    systemInstruction: null,
    multiturn: null,
    repeats: 1,
    metrics: [{ metric: 'acc', filter: 'none', value: right / 200, stderr: 0.03, higherIsBetter: true }],
    documents,
    ...over,
  };
}

function logs(tasks: readonly BenchmarkTask[], over: Partial<Benchmarks> = {}): Measurement {
  const model = {
    name: 'org/model',
    source: 'hf',
    revision: 'main',
    sha: null,
    dtype: null,
    parameters: 1,
    adapter: null,
  };
  const benchmarks: Benchmarks = {
    harness: 'lm-evaluation-harness',
    model,
    runs: [{ file: 'results_1.json', version: '0.4.13', time: null }],
    tasks: [...tasks],
    groups: [],
    ...over,
  };
  const nothing = { tensors: [], groups: [], vectors: [], model: { delta: null }, reference: null, behavior: null };
  const checkpoint = {
    ...measurement().checkpoint,
    digest: benchmarksDigest(benchmarks),
    format: 'evaluated' as const,
  };
  return { ...measurement(), ...nothing, checkpoint, method: null, probes: null, benchmarks };
}

/** Every document changed in the same way. */
function each(of: BenchmarkTask, change: (document: BenchmarkDocument) => Partial<BenchmarkDocument>): BenchmarkTask {
  return { ...of, documents: (of.documents ?? []).map((document) => ({ ...document, ...change(document) })) };
}

describe('the verdict on two evaluations', () => {
  it('passes equal answers, and says what was not judged', () => {
    const report = compareLogs(logs([task('a', 150)]), logs([task('a', 150)]));
    expect(report.verdict).toBe('pass');
    expect(found(report, 'evaluation-logs')).toHaveLength(2);
    expect(renderComment(report)).toContain('Nothing else was judged: logs have no weights and no other forms.');
    expect(report.findings.every(({ kind, level }) => kind === 'evaluation-logs' || level === 'info')).toBe(true);
  });

  it("warns if every log-likelihood is the baseline's to the last digit, unless the logs are the same", () => {
    const other = {
      name: 'org/other',
      source: 'hf',
      revision: null,
      sha: null,
      dtype: null,
      parameters: 1,
      adapter: null,
    };
    const report = compareLogs(logs([task('a', 150)], { model: other }), logs([task('a', 150)]));
    expect(found(report, 'same-answers')).toMatchObject([{ level: 'warn', by: 'logs' }]);
    expect(found(compareLogs(logs([task('a', 150)]), logs([task('a', 150)])), 'same-answers')).toMatchObject([
      { level: 'info' },
    ]);
    const once = each(task('a', 150), ({ id }) => (id === 7 ? { logprobs: [-1.5, -2] } : {}));
    expect(found(compareLogs(logs([once], { model: other }), logs([task('a', 150)])), 'same-answers')).toEqual([]);
  });

  it('fails a significant loss of one task, and of all tasks together where none alone shows it', () => {
    expect(compareLogs(logs([task('a', 130)]), logs([task('a', 150)])).verdict).toBe('fail');
    const names = ['a', 'b', 'c', 'd'];
    const side = (right: number) => logs(names.map((name) => task(name, right)));
    const report = compareLogs(side(145), side(150));
    expect(found(report, 'benchmark-loss')).toMatchObject([{ task: null, lost: 20, won: 0, documents: 800 }]);
    expect(report.verdict).toBe('fail');
  });

  it('counts a loss that is exactly at its limit, although 0.1 × 0.8 is a little more than 0.08', () => {
    const side = (right: number) => logs([task('a', right), task('b', 150)]);
    const report = compareLogs(side(144), side(160), 'probes: [b, {file: a, relative-drop: 0.1}]');
    expect(found(report, 'benchmark-loss')).toMatchObject([{ task: 'a', change: -0.08, lost: 16 }]);
  });

  it('counts a loss of a group where no task of it shows one', () => {
    const names = ['a', 'b', 'c', 'd'];
    const side = (right: number): Measurement => {
      const metrics = [{ metric: 'acc', filter: 'none', value: right / 200, stderr: 0.01, higherIsBetter: true }];
      const group = { name: 'g', alias: null, version: '1', members: names, metrics };
      return logs([...names.map((name) => task(name, right)), task('other', 150)], { groups: [group] });
    };
    const report = compareLogs(side(140), side(150), 'twin-accuracy: { alpha: 0.001 }');
    expect(found(report, 'benchmark-loss')).toMatchObject([{ task: 'g', documents: 800, lost: 40 }]);
  });

  it('gives the tasks of a group its level, and judges the group without those that have another', () => {
    const names = ['a', 'b', 'c', 'd'];
    const side = (rights: readonly number[]): Measurement => {
      const value = rights.reduce((sum, right) => sum + right, 0) / 800;
      const metrics = [{ metric: 'acc', filter: 'none', value, stderr: 0.01, higherIsBetter: true }];
      const group = { name: 'g', alias: null, version: '1', members: names, metrics };
      const tasks = names.map((name, i) => task(name, rights[i] ?? 0));
      return logs([...tasks, task('other', 150)], { groups: [group] });
    };
    const same = side([150, 150, 150, 150]);
    const lossesIn = (rights: readonly number[], probes: string) => {
      const { verdict, findings } = compareLogs(side(rights), same, `probes: [other, ${probes}]`);
      return [verdict, findings.flatMap((one) => (one.kind === 'benchmark-loss' ? [one.task] : []))];
    };
    expect(lossesIn([150, 150, 150, 100], '{file: g, level: warn}')).toEqual(['warn', ['d']]);
    expect(lossesIn([150, 150, 150, 100], '{file: g, level: warn}, {file: d, level: fail}')).toEqual(['fail', ['d']]);
    expect(lossesIn([150, 150, 150, 100], '{file: d, level: info}')).toEqual(['pass', ['d']]);
    // One that informs hides none that counts.
    expect(lossesIn([100, 150, 150, 100], '{file: d, level: info}')).toEqual(['fail', ['a', 'd']]);
  });

  it('does not pass what few documents leave open', () => {
    const few = (right: number) => {
      const whole = task('a', right);
      const documents = whole.documents?.slice(0, 20) ?? [];
      return logs([{ ...whole, documents, metrics: whole.metrics.map((metric) => ({ ...metric, value: 1 })) }]);
    };
    const report = compareLogs(few(150), few(150));
    expect(report.verdict).toBe('inconclusive');
    expect(found(report, 'benchmark-unclear')).toMatchObject([{ documents: 20 }]);
  });

  it('does not pass a gain: nothing shows whether it was memorized', () => {
    const [candidate, baseline] = [logs([task('a', 180)]), logs([task('a', 150)])];
    const report = compareLogs(candidate, baseline);
    expect(report.verdict).toBe('inconclusive');
    expect(found(report, 'benchmark-gain-not-shown')).toMatchObject([{ task: 'a', baseline: 0.75, candidate: 0.9 }]);
    expect(compareLogs(candidate, baseline, 'shadow-delta: { format-only: info }').verdict).toBe('pass');
  });

  it('does not pass a gain by twins that are a part of the benchmark, or ask its questions', () => {
    const of = (right: number) => {
      const all = task('a', right);
      const half = (name: string, from: number) => {
        const documents = (all.documents ?? []).slice(from, from + 100);
        const value = documents.filter(({ values }) => values[0] === 1).length / documents.length;
        return { ...all, name, documents, metrics: all.metrics.map((own) => ({ ...own, value })) };
      };
      return logs([half('a', 0), half('b', 50)]);
    };
    const [candidate, baseline] = [of(130), of(80)];
    const policy = 'probes: [a, { file: b, twins-of: a }]';
    const report = compareLogs(candidate, baseline, policy);
    expect(report.verdict).toBe('inconclusive');
    expect(found(report, 'benchmark-gain-not-shown')).toMatchObject([
      { task: 'a', twins: 'b', gap: 'overlap' },
      { task: 'b', gap: 'no-twins' },
    ]);
  });

  it('does not pass a benchmark at chance, or one without right and wrong, unless the policy requires others', () => {
    const report = compareLogs(logs([task('a', 100), task('b', 150)]), logs([task('a', 100), task('b', 150)]));
    expect(report.verdict).toBe('inconclusive');
    expect(found(report, 'benchmark-not-judged')).toMatchObject([{ task: 'a', accuracy: 0.5, chance: 0.5 }]);
    const ppl = each(task('p', 0), ({ id }) => ({ values: [-1 - id] }));
    const sides = () => logs([ppl, task('b', 150)]);
    expect(found(compareLogs(sides(), sides()), 'benchmark-not-judged')).toMatchObject([{ task: 'p', accuracy: null }]);
    expect(compareLogs(sides(), sides(), 'require: [b]').verdict).toBe('pass');
    // Something has to be judged.
    expect(compareLogs(logs([ppl]), logs([ppl]), 'require: [b]').verdict).toBe('inconclusive');
  });

  it('is never green without a baseline, whatever the policy says of that', () => {
    const resolved = { policy: parsePolicy('on-missing-baseline: pass', 'policy'), policyPath: null };
    const report = compare({
      candidate: logs([task('a', 150)]),
      baseline: null,
      baselinePath: null,
      ...resolved,
      today: new Date(),
    });
    expect(report.verdict).toBe('inconclusive');
    expect(report.benchmarks).toEqual([]);
  });

  it('does not compare logs with a model that was measured', () => {
    const report = compareLogs(measurement(), logs([task('a', 150)]));
    expect(report.verdict).toBe('inconclusive');
    expect(found(report, 'logs-of-one-side')).toMatchObject([{ side: 'baseline' }]);
    expect(compareLogs(logs([task('a', 150)]), measurement()).verdict).toBe('inconclusive');
  });
});

describe('tasks that are not comparable', () => {
  const base = task('a', 150);
  const withOther = (change: (document: BenchmarkDocument) => Partial<BenchmarkDocument>) =>
    each(base, (document) => (document.id === 7 ? change(document) : {}));
  const unhashed = (of: BenchmarkTask) => each(of, () => ({ docHash: null, promptHash: null, targetHash: null }));
  const [metric] = base.metrics;

  it.each<[string, BenchmarkTask, FindingOf<'benchmark-not-comparable'>['cause']]>([
    ['another version', { ...base, version: '2' }, 'version'],
    ['another number of few-shot examples', { ...base, shots: 5 }, 'shots'],
    ['no samples', { ...base, documents: null }, 'samples'],
    ['fewer documents', { ...base, documents: base.documents?.slice(0, 150) ?? [] }, 'documents'],
    ['other documents', withOther(() => ({ docHash: hash('other') })), 'documents'],
    ['another prompt of one document', withOther(() => ({ promptHash: hash('other') })), 'prompts'],
    [
      'another chat template',
      { ...each(base, ({ id }) => ({ promptHash: hash(`q${id}`) })), chatTemplate: 'b' },
      'chat-template',
    ],
    [
      'another system instruction',
      { ...each(base, () => ({ promptHash: hash('q') })), systemInstruction: 'b' },
      'system-instruction',
    ],
    ['other choices', withOther(() => ({ requests: hash('other') })), 'requests'],
    ['another right answer', withOther(() => ({ targetHash: hash('other') })), 'targets'],
    ['other metrics', { ...base, metrics: metric ? [{ ...metric, filter: 'strict' }] : [] }, 'scoring'],
    ['other filters of the same name', { ...base, scoring: 'other' }, 'scoring'],
    ['several answers to each request', { ...base, repeats: 4 }, 'repeats'],
  ])('with %s: named, without a row, and never a pass', (_, other, cause) => {
    const sides = [
      [logs([other, task('b', 150)]), logs([base, task('b', 150)])],
      [logs([base, task('b', 150)]), logs([other, task('b', 150)])],
    ] as const;
    for (const [candidate, baseline] of sides) {
      const report = compareLogs(candidate, baseline);
      expect(found(report, 'benchmark-not-comparable')).toMatchObject([{ cause, named: ['a'], level: 'inconclusive' }]);
      expect(report.benchmarks?.map((row) => row.task)).toEqual(['b']);
      expect(report.verdict).toBe('inconclusive');
    }
  });

  it('that one side did not run', () => {
    const report = compareLogs(logs([task('b', 150)]), logs([base, task('b', 150)]));
    expect(found(report, 'benchmark-not-comparable')).toMatchObject([{ cause: 'task', named: ['a'], candidate: null }]);
    expect(report.verdict).toBe('inconclusive');
  });

  it('that differ alike are one finding', () => {
    const names = Array.from({ length: 57 }, (_, i) => `task_${i}`);
    const side = (shots: number) => logs(names.map((name) => task(name, 150, { shots })));
    const findings = found(compareLogs(side(5), side(0)), 'benchmark-not-comparable');
    expect(findings).toMatchObject([{ cause: 'shots', tasks: 57, baseline: '0', candidate: '5' }]);
  });

  it('leave their group without a row', () => {
    const side = (version: string) => {
      const group = { name: 'g', alias: null, version: '1', members: ['a', 'b'], metrics: base.metrics };
      return logs([task('a', 150, { version }), task('b', 150)], { groups: [group] });
    };
    expect(compareLogs(side('2'), side('1')).benchmarks?.map((row) => row.task)).toEqual(['b']);
  });

  it('are not those in another order, or, without hashes, those with the same numbers and contents', () => {
    const shuffled = { ...base, documents: [...(base.documents ?? [])].reverse() };
    const renumbered = each(shuffled, ({ id }) => ({ id: 199 - id }));
    for (const other of [shuffled, renumbered]) {
      expect(compareLogs(logs([other]), logs([base])).benchmarks?.[0]).toMatchObject({ bothRight: 150, bothWrong: 50 });
    }
    expect(compareLogs(logs([unhashed(base)]), logs([base])).benchmarks?.[0]).toMatchObject({ bothRight: 150 });
    const other = unhashed(withOther(() => ({ doc: hash('other') })));
    expect(found(compareLogs(logs([other]), logs([base])), 'benchmark-not-comparable')).toMatchObject([
      { cause: 'documents' },
    ]);
  });
});

describe('the report of two evaluations', () => {
  let report: Report;
  beforeAll(async () => {
    report = await compareFolders(fixture('lm-eval'));
  });

  it('is read back from report.json as it was', () => {
    expect(parseReport(JSON.stringify(serializeReport(report)), 'report.json')).toEqual(report);
  });

  it('has a table of benchmarks in Markdown and in the terminal', () => {
    const comment = renderComment(report);
    expect(comment).toMatch(/\| benchmark \| metric \| documents \| baseline → candidate \| change \| p \|/);
    expect(comment).toContain('| 40 | 87.5%\u00a0→\u00a045.0% | −42.5\u00a0±\u00a09.4 points | 0.00022 |');
    const text = renderTerminal(report, { color: false, width: 100 });
    expect(text).toMatch(/sg_common_facts +acc_norm +20 +95\.0%.→.80\.0% +−15\.0.±.8\.2 points +0\.25/);
    expect(text).not.toContain('Spectra show');
  });
});

/** A model of 200 documents: its log-likelihoods, whether they pick the right choice, and which that is. */
function choosing(change: {
  readonly noise: number;
  readonly right: number;
  readonly all?: number;
  readonly isKnown?: boolean;
  /** Factor for the differences from the right choice. */
  readonly times?: number;
}): Measurement {
  const CHOICES = 4;
  const [base, moved] = [new Random(1, 'base'), new Random(2, `noise ${change.noise}`)];
  const draw = (random: Random) => random.int(-1000, 1000) / 1000;
  const documents = (task('hard', 0).documents ?? []).map((document): BenchmarkDocument => {
    const choice = base.int(0, CHOICES - 1);
    const logprobs = Array.from(
      { length: CHOICES },
      (_, i) =>
        -4 + 2 * draw(base) + change.noise * draw(moved) + (change.all ?? 0) + (i === choice ? change.right : 0),
    );
    const right = { choice, bytes: 10 };
    const isRight = logprobs.indexOf(Math.max(...logprobs)) === choice;
    const ofRight = logprobs[choice] ?? 0;
    return {
      ...{ ...document, values: [Number(isRight)] },
      logprobs: logprobs.map((own) => ofRight + (change.times ?? 1) * (own - ofRight)),
      ...(change.isKnown === false ? {} : { right }),
    };
  });
  const value = documents.filter(({ values }) => values[0] === 1).length / documents.length;
  const metrics = [{ metric: 'acc', filter: 'none', value, stderr: 0.03, higherIsBetter: true }];
  return logs([task('hard', 0, { documents, metrics })]);
}

const withTasks = (side: Measurement, change: (of: BenchmarkTask) => BenchmarkTask) =>
  logs((side.benchmarks?.tasks ?? []).map(change));

function judged(candidate: Measurement, from: Measurement) {
  const { verdict, findings } = compareLogs(candidate, from);
  const told = findings.filter(({ kind }) => /likelihood|benchmark/.test(kind)).map(({ kind, level }) => [kind, level]);
  return [verdict, told];
}

describe('logs with the log-likelihoods of all choices', () => {
  const baseline = choosing({ noise: 0, right: 1.5 });
  const sums = each(task('sums', 160, { outputType: 'generate_until' }), () => ({ logprobs: null }));
  const withSums = (side: Measurement) => logs([...(side.benchmarks?.tasks ?? []), sums]);

  it('pass only where a loss of expected accuracy is ruled out as well: choices that are all but tied do not', () => {
    const tied = choosing({ noise: 0, right: 1.5, times: 0.01 });
    const report = compareLogs(tied, baseline);
    expect(report.verdict).toBe('inconclusive');
    expect(found(report, 'benchmark-unclear')).toMatchObject([{ documents: 200, isExpected: true }]);
    expect(found(report, 'benchmark-unclear')[0]?.change).toBeLessThan(-0.2);
    // Every answer is as right or wrong as before, and the right choice as likely.
    expect(report.benchmarks).toMatchObject([{ change: { value: 0 } }]);
    expect(renderComment(report)).toMatch(
      /A loss of up to \d+\.\d\spoints of expected accuracy cannot be ruled out by 200\sanswers/,
    );
    // Also next to a task without choices, which counts as much.
    expect(judged(withSums(tied), withSums(baseline))).toEqual([
      'inconclusive',
      [['benchmark-unclear', 'inconclusive']],
    ]);
  });

  it.each([0.25, 0.5, 1, 2, 4])('pass for a healthy copy that is %f times as sure', (times) => {
    const copy = choosing({ noise: 0.1, right: 1.5, times });
    expect(judged(copy, baseline)).toEqual(['pass', []]);
    expect(judged(withSums(copy), withSums(baseline))).toEqual(['pass', []]);
  });
});

describe('a benchmark on which the baseline guesses', () => {
  const baseline = choosing({ noise: 0, right: 0 });
  const judgedFrom = (candidate: Measurement, from = baseline) => judged(candidate, from);

  it('is judged by the likelihood of the right choice: the same passes, and what became unlikely does not', () => {
    expect(judgedFrom(choosing({ noise: 0.1, right: 0 }))).toEqual(['pass', [['judged-by-likelihood', 'info']]]);
    expect(judgedFrom(choosing({ noise: 0.1, right: 0, all: -0.8 }))).toEqual([
      'warn',
      [
        ['likelihood-loss', 'warn'],
        ['judged-by-likelihood', 'info'],
      ],
    ]);
    expect(judgedFrom(choosing({ noise: 0.1, right: 0, all: -0.297 }))).toEqual([
      'warn',
      [
        ['likelihood-unclear', 'warn'],
        ['judged-by-likelihood', 'info'],
      ],
    ]);
  });

  it('is not red for answers near a tie that fell to the right side, and is for those that became surer', () => {
    /** So many answers are right now that were not, by as little, or as much, as it takes. */
    const won = (count: number, surplus: number) =>
      withTasks(baseline, (own) => {
        const missing = (document: BenchmarkDocument) => {
          const [logprobs, right] = [document.logprobs ?? [], document.right?.choice ?? 0];
          return Math.max(...logprobs.map(Number)) - Number(logprobs[right]);
        };
        const near = (own.documents ?? []).filter((document) => missing(document) > 0);
        const first = new Set(near.toSorted((a, b) => missing(a) - missing(b)).slice(0, count));
        const documents = (own.documents ?? []).map((document): BenchmarkDocument => {
          if (!first.has(document)) return document;
          const place = document.right?.choice ?? 0;
          const better = Number(document.logprobs?.[place]) + missing(document) + surplus;
          return { ...document, values: [1], logprobs: (document.logprobs ?? []).with(place, better) };
        });
        const value = documents.filter(({ values }) => values[0] === 1).length / documents.length;
        return { ...own, documents, metrics: own.metrics.map((metric) => ({ ...metric, value })) };
      });
    expect(judgedFrom(won(16, 0.01))).toEqual(['pass', [['judged-by-likelihood', 'info']]]);
    expect(judgedFrom(won(19, 5))[0]).toBe('inconclusive');
    // More than near ties can explain.
    expect(judgedFrom(won(24, 0.01))[0]).toBe('inconclusive');
  });

  it('has to rule out a loss itself, also where right and wrong are not counted or other tasks are generated', () => {
    const worse = { noise: 0.1, right: -0.5 };
    const uncounted = (side: Measurement) =>
      withTasks(side, ({ metrics, ...own }) => ({
        ...own,
        metrics: metrics.map((metric) => ({ ...metric, value: (metric.value ?? 0) + 1e-6 })),
      }));
    expect(judgedFrom(uncounted(choosing(worse)))[0]).not.toBe('pass');
    const generated = task('sums', 160, { outputType: 'generate_until' });
    const withSums = (side: Measurement) =>
      logs([...(side.benchmarks?.tasks ?? []), each(generated, () => ({ logprobs: null }))]);
    expect(judgedFrom(withSums(choosing({ noise: 0.1, right: 0, all: -0.9 })), withSums(baseline))[0]).not.toBe('pass');
    expect(judgedFrom(withSums(choosing({ noise: 0.1, right: 0 })), withSums(baseline))[0]).toBe('pass');
  });

  it('is not judged where the candidate alone lacks a likelihood', () => {
    const lacking = withTasks(choosing({ noise: 0.1, right: 0 }), (own) => ({
      ...own,
      documents: (own.documents ?? []).map((document, i) =>
        i > 0 ? document : { ...document, logprobs: (document.logprobs ?? []).with(3, null) },
      ),
    }));
    expect(judgedFrom(lacking)).toEqual([
      'inconclusive',
      expect.arrayContaining([['likelihood-missing', 'inconclusive']]),
    ]);
  });

  it('does not fail for a copy that is surer, whose likelihoods fall without a loss', () => {
    const surer = withTasks(baseline, (own) =>
      each(own, ({ logprobs }) => ({ logprobs: (logprobs ?? []).map((value) => 2 * (value ?? 0)) })),
    );
    expect(judgedFrom(surer)[0]).not.toBe('fail');
  });

  it('shows nothing where it is not known which choice is right', () => {
    const unknown = { right: 0, isKnown: false };
    const told = judgedFrom(choosing({ noise: 0.1, ...unknown }), choosing({ noise: 0, ...unknown }));
    expect(told).toEqual(['inconclusive', expect.arrayContaining([['benchmark-not-judged', 'inconclusive']])]);
  });
});
