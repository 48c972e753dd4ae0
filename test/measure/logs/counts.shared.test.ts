import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCounts } from '@shadow-gate/harness';
import { describe, expect, it } from 'vitest';
import { compare } from '../../../src/compare/compare.ts';
import { samplePlans, taskVariances } from '../../../src/compare/index.ts';
import type { Report } from '../../../src/compare/report.ts';
import { checkLogs } from '../../../src/gate/check-logs.ts';
import { measureLogs } from '../../../src/measure/measure-logs.ts';
import { parseMeasurement } from '../../../src/measure/schema/read.ts';
import { parsePolicy } from '../../../src/policy/load.ts';
import { parseReport, serializeReport } from '../../../src/report/json.ts';
import { renderComment } from '../../../src/report/markdown/comment.ts';
import { renderTerminal } from '../../../src/report/terminal/report.ts';
import { fixture, readJson, temporaryFolder } from '../../fixtures.ts';
import { seeded } from '../../statistics/seeded.ts';

/** Counts of 250 items with ten samples each; expected.json is numpy's. */
const own = (name: string) => fixture('counts', name);
const TWINS = 'probes: [seen, {file: unseen, twins-of: seen}]';

type Row = Pick<NonNullable<Report['benchmarks']>[number], 'baseline' | 'candidate' | 'change' | 'p'>;

async function judged(candidate: string, baseline: string, policy = ''): Promise<Report> {
  const [ours, theirs] = await Promise.all([candidate, baseline].map((path) => measureLogs({ kind: 'counts', path })));
  if (!ours || !theirs) throw new Error('not read');
  const resolved = { policy: parsePolicy(policy, 'policy'), policyPath: null };
  return compare({ candidate: ours, baseline: theirs, baselinePath: 'baseline.json', ...resolved, today: new Date() });
}

function written(lines: readonly unknown[]): string {
  const path = join(temporaryFolder(), 'counts.jsonl');
  writeFileSync(path, lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''));
  return path;
}

/** Items whose probability of a right answer is drawn, with samples of each. */
function drawn(seed: number, { items = 300, samples = 8, shift = 0 } = {}): string {
  const [chances, { uniform }] = [seeded(99), seeded(seed)];
  return written(
    Array.from({ length: items }, (_, id) => {
      const p = Math.min(1, Math.max(0, chances.uniform() + shift));
      const correct = Array.from({ length: samples }, () => uniform() < p).filter(Boolean).length;
      return { suite: 'drawn', id, correct, samples };
    }),
  );
}

describe('counts per item', () => {
  it.each(['clean', 'contaminated'])(
    'have values, standard errors by item and p as numpy has them: %s',
    async (name) => {
      const expected = readJson<Record<string, Record<string, Row>>>(own('expected.json'))[name] ?? {};
      const { benchmarks } = await judged(own(`${name}.jsonl`), own('base.jsonl'));
      expect(benchmarks?.map(({ task, n, samples }) => [task, n, samples])).toEqual([
        ['seen', 125, 10],
        ['unseen', 125, 10],
      ]);
      for (const { task, baseline, candidate, change, p } of benchmarks ?? []) {
        const row = expected[task];
        for (const [ours, theirs] of [
          [baseline, row?.baseline],
          [candidate, row?.candidate],
          [change, row?.change],
        ] as const) {
          expect(ours?.value).toBeCloseTo(theirs?.value ?? Number.NaN, 12);
          expect(ours?.stderr).toBeCloseTo(theirs?.stderr ?? Number.NaN, 12);
        }
        expect(p).toBeCloseTo(row?.p ?? Number.NaN, 12);
      }
    },
  );

  it('round-trip, as measurement and as report with group twins, and are in comment and terminal', async () => {
    const measurement = await measureLogs({ kind: 'counts', path: own('base.jsonl') });
    expect(parseMeasurement(JSON.stringify(measurement), 'base')).toEqual(measurement);
    const report = await judged(own('contaminated.jsonl'), own('base.jsonl'), TWINS);
    const json = serializeReport(report);
    expect(serializeReport(parseReport(JSON.stringify(json), 'report.json'))).toEqual(json);
    for (const text of [renderComment(report, {}), renderTerminal(report, { width: 100, color: false })]) {
      expect(text).toMatch(/125.×.10/);
      expect(text).toMatch(/20\.6.±.6\.0 points/);
      expect(text.replace(/\s+/g, ' ')).toMatch(/shadow delta.{0,30} \+7\.9.points \(−8\.2 to \+24\.0\)/);
    }
  });

  it('are judged with the twins of the policy: a gain that twins may not share is never green', async () => {
    const alone = await judged(own('contaminated.jsonl'), own('base.jsonl'));
    expect(alone.verdict).toBe('inconclusive');
    expect(alone.findings.filter(({ kind }) => kind === 'benchmark-gain-not-shown')).toMatchObject([
      { task: 'seen', twins: null },
      { task: 'unseen', twins: null },
    ]);
    const beside = await judged(own('contaminated.jsonl'), own('base.jsonl'), TWINS);
    expect(beside.findings.filter(({ kind }) => kind === 'benchmark-gain-not-shown')).toMatchObject([
      { task: 'seen', twins: 'unseen', excess: { value: expect.closeTo(0.0792, 10) } },
    ]);
    expect((await judged(own('clean.jsonl'), own('base.jsonl'), TWINS)).verdict).toBe('pass');
  });

  it('fail where twins do not share a gain, and pass where they do', async () => {
    const side = (seen: number, unseen: number) =>
      written(
        ['seen', 'unseen'].flatMap((suite) =>
          Array.from({ length: 200 }, (_, id) => {
            const correct = 2 + (id % 5) + (suite === 'seen' ? seen : unseen);
            return { suite, id, correct, samples: 10 };
          }),
        ),
      );
    const memorized = await judged(side(3, 0), side(0, 0), TWINS);
    expect(memorized.verdict).toBe('fail');
    expect(memorized.findings).toMatchObject([
      { kind: 'shadow-delta', suite: 'seen', twins: 'group', group: 'unseen' },
      ...Array.from({ length: 2 }, () => ({ kind: 'evaluation-logs' })),
    ]);
    expect((await judged(side(3, 3), side(0, 0), TWINS)).verdict).toBe('pass');
  });

  /** Suites of items with as many right answers of ten; by number of item. */
  const suites = (of: Readonly<Record<string, (id: number) => number>>, items = 200, chance?: number) =>
    written(
      Object.entries(of).flatMap(([suite, rightOf]) =>
        Array.from({ length: items }, (_, id) => {
          const correct = Math.max(0, Math.min(10, rightOf(id)));
          return { suite, id, correct, samples: 10, ...(chance === undefined ? {} : { chance }) };
        }),
      ),
    );
  const usual = (id: number) => 2 + (id % 5);
  const more = (id: number) => usual(id) + 3;
  const gapsOf = ({ verdict, findings }: Report) => [
    verdict,
    ...findings.flatMap((own) => (own.kind === 'benchmark-gain-not-shown' ? [`${own.task}: ${own.gap}`] : [])),
  ];

  it('are judged by all twins of a benchmark, of which none stands for the others', async () => {
    const policy = 'probes: [a, {file: b, twins-of: a}, {file: c, twins-of: a}]';
    const noisy = (id: number) => usual(id) + (id % 2 ? 6 : -1);
    const base = suites({ a: usual, b: usual, c: usual }, 60);
    expect(gapsOf(await judged(suites({ a: more, b: more, c: noisy }, 60), base, policy))).toEqual([
      'inconclusive',
      'a: unclear',
    ]);
    expect(gapsOf(await judged(suites({ a: more, b: more, c: more }, 60), base, policy))).toEqual(['pass']);
  });

  it('are not green where only the twins gained', async () => {
    const policy = 'probes: [a, {file: b, twins-of: a}]';
    const base = suites({ a: usual, b: usual });
    expect(gapsOf(await judged(suites({ a: usual, b: more }), base, policy))).toEqual(['inconclusive', 'b: no-twins']);
  });

  it.each([
    ['all right', (_: number) => 10],
    ['all wrong', (_: number) => 0],
  ])('are neither failed nor passed by twins that are %s', async (_, right) => {
    const policy = 'probes: [a, {file: b, twins-of: a}]';
    const report = await judged(suites({ a: more, b: right }), suites({ a: usual, b: right }), policy);
    expect(gapsOf(report)).toEqual(['inconclusive', 'a: no-room']);
  });

  const less = (id: number) => usual(id) - 1;
  const shownIn = ({ findings }: Report) =>
    findings
      .filter(({ level }) => level !== 'info')
      .map((own) => [own.level, own.kind, 'task' in own ? own.task : null]);

  it('fail by a benchmark that counts, warn by one that warns, and pass where one only informs', async () => {
    const [base, lost] = [suites({ a: usual, b: usual }), suites({ a: usual, b: less })];
    expect((await judged(lost, base, 'probes: [a, b]')).verdict).toBe('fail');
    const policy = (own: string) => `probes: [a, {file: b, ${own}}]`;
    expect(shownIn(await judged(lost, base, policy('level: warn')))).toEqual([['warn', 'benchmark-loss', 'b']]);
    expect((await judged(lost, base, policy('level: info'))).verdict).toBe('pass');
    // What one that informs lost hides nothing of the others.
    const both = await judged(suites({ a: less, b: less }), base, policy('level: info'));
    expect(shownIn(both)).toEqual([['fail', 'benchmark-loss', 'a']]);
    const limited = await judged(lost, base, policy('level: warn, drop: 0.2'));
    expect(shownIn(limited)).toEqual([]);
    expect(limited.suites).toMatchObject([
      { suite: 'a', level: 'fail', limit: 0.02 },
      { suite: 'b', level: 'warn', limit: 0.2 },
    ]);
    expect(parseReport(JSON.stringify(serializeReport(limited)), 'report.json')).toEqual(limited);
  });

  it('fail without a benchmark that is required, once, and are inconclusive where the baseline lacks it', async () => {
    const policy = 'probes: [a, {file: b, required: true}]';
    const [both, one] = [suites({ a: usual, b: usual }), suites({ a: usual })];
    expect(shownIn(await judged(one, both, policy))).toEqual([['fail', 'suite-missing', null]]);
    expect(shownIn(await judged(both, one, policy))).toEqual([['inconclusive', 'benchmark-not-comparable', null]]);
    expect((await judged(both, both, policy)).verdict).toBe('pass');
    const guessed = () => suites({ a: usual, b: (id) => 2 + (id % 2) }, 200, 0.25);
    const report = await judged(guessed(), guessed(), policy);
    expect(report.findings[0]).toMatchObject({ kind: 'suite-missing', suite: 'b', cause: 'not-judged' });
    expect(shownIn(report)).toHaveLength(1);
  });

  it('have twins with 40 items at least', async () => {
    const policy = 'probes: [a, {file: b, twins-of: a}]';
    const report = await judged(suites({ a: more, b: more }, 39), suites({ a: usual, b: usual }, 39), policy);
    expect(gapsOf(report)).toEqual(['inconclusive', 'a: too-few', 'b: no-twins']);
  });

  it('say what guessing reaches, on both sides, and judge nothing at guessing', async () => {
    const sides = (chance?: number) =>
      [
        suites({ a: (id) => 2 + (id % 2) }, 200, chance),
        suites({ a: (id) => 2 + ((id + 1) % 2) }, 200, chance),
      ] as const;
    expect((await judged(...sides())).verdict).toBe('pass');
    expect((await judged(...sides(0.25))).findings[0]).toMatchObject({ kind: 'benchmark-not-judged', chance: 0.25 });
    expect((await judged(sides(0.25)[0], sides()[1])).findings[0]).toMatchObject({ cause: 'requests' });
  });

  it('rule out a loss only with items of which a lost one could have been among them', async () => {
    const same = (items: number) => suites({ a: usual }, items);
    expect((await judged(same(59), same(59))).verdict).toBe('inconclusive');
    expect((await judged(same(60), same(60))).verdict).toBe('pass');
  });

  it('show a loss by item, and none where samples alone differ', async () => {
    const verdicts = await Promise.all([11, 12, 13, 14, 15].map((seed) => judged(drawn(seed), drawn(1))));
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(Array.from({ length: 5 }, () => 'pass'));
    const worse = await judged(drawn(2, { shift: -0.1 }), drawn(1));
    expect(worse.verdict).toBe('fail');
    expect(worse.findings[0]).toMatchObject({ kind: 'benchmark-loss', task: 'drawn', isOfSamples: true });
  });

  it('are compared only where each item has as many samples on both sides', async () => {
    const report = await judged(drawn(2, { samples: 4 }), drawn(1));
    expect(report.findings[0]).toMatchObject({ kind: 'benchmark-not-comparable', cause: 'repeats' });
    const lines = readFileSync(own('base.jsonl'), 'utf8').replace(
      '"correct": 10, "samples": 10',
      '"correct": 5, "samples": 5',
    );
    const other = await judged(written(lines.trimEnd().split('\n')), own('base.jsonl'));
    expect(other.findings[0]).toMatchObject({ kind: 'benchmark-not-comparable', cause: 'repeats', named: ['seen'] });
  });

  it('say whether more items or more samples would show more', async () => {
    const [variance] = taskVariances((await readCounts(own('base.jsonl'))).tasks);
    // A one-way analysis of variance of the 1,250 answers, by numpy: (2.2574 − 0.0289)/10.
    expect(variance?.within).toBeCloseTo(0.028888888888888888, 12);
    expect(variance?.between).toBeCloseTo(0.22285304659498215, 12);
    const plans = variance ? samplePlans(variance) : [];
    expect(plans[0]?.ofAccuracy).toBeCloseTo(0.04249629964915732, 12);
    expect(plans.map(({ items, samples }) => [items, samples])).toEqual([
      [125, 10],
      [1250, 1],
      [125, 20],
      [250, 10],
      [125, 40],
      [500, 10],
    ]);
    const ofItems = await readCounts(drawn(3, { items: 4000, samples: 5 }));
    const [known] = taskVariances(ofItems.tasks);
    // Uniform probabilities have a variance of 1/12, and p(1 − p) a mean of 1/6.
    expect(known?.between).toBeCloseTo(1 / 12, 2);
    expect(known?.within).toBeCloseTo(1 / 6, 2);
  });

  it('are the baseline of a check as a file, as a measurement is', async () => {
    const { report } = await checkLogs(
      { kind: 'counts', path: own('clean.jsonl') },
      { baseline: own('base.jsonl'), policy: undefined, today: new Date() },
    );
    expect(report.verdict).toBe('pass');
    const logs = { kind: 'lm-eval', path: fixture('lm-eval', 'candidate') } as const;
    await expect(
      checkLogs(logs, { baseline: own('base.jsonl'), policy: undefined, today: new Date() }),
    ).rejects.toThrow(/is not a folder of logs/);
  });

  it.each<readonly [string, readonly unknown[], RegExp]>([
    ['an empty file', [], /:1: the file is empty/],
    ['a line that is no JSON', [{ suite: 'a', id: 1, correct: 1, samples: 2 }, '{"suite"'], /counts\.jsonl:2/],
    ['a key that is missing', [{ suite: 'a', id: 1, correct: 1 }], /:1: samples: /],
    [
      'more right answers than samples',
      [{ suite: 'a', id: 1, correct: 3, samples: 2 }],
      /:1: has more right answers than samples/,
    ],
    ['a share', [{ suite: 'a', id: 1, correct: 0.5, samples: 1 }], /:1: correct: /],
    [
      'an item twice',
      [
        { suite: 'a', id: 1, correct: 1, samples: 2 },
        { suite: 'b', id: 1, correct: 1, samples: 2 },
        { suite: 'a', id: 1, correct: 0, samples: 2 },
      ],
      /:3: item 1 of a is in line 1 already/,
    ],
  ])('refuse %s', async (_, lines, message) => {
    await expect(readCounts(written(lines))).rejects.toThrow(message);
  });
});

describe('items that share a passage', () => {
  /** Cluster, and right answers of four: baseline, candidate. */
  const ITEMS: ReadonlyArray<readonly [string | null, number, number]> = [
    ...([
      ['p1', 4, 2],
      ['p1', 3, 1],
      ['p1', 4, 3],
      ['p2', 2, 2],
      ['p2', 1, 2],
    ] as const),
    ...([
      ['p3', 4, 3],
      ['p3', 4, 2],
      ['p3', 3, 3],
      ['p3', 2, 1],
    ] as const),
    ...([
      [null, 4, 4],
      [null, 1, 0],
      [null, 3, 2],
    ] as const),
  ];
  const side = (column: 1 | 2, isNamed: boolean) =>
    written(
      ITEMS.map((item, id) => {
        const line = { suite: 's', id, correct: item[column], samples: 4 };
        return isNamed ? { ...line, cluster: item[0] } : line;
      }),
    );

  it('are one unit: standard errors as numpy has them by cluster, p counted out over the signs of six units', async () => {
    const [row] = (await judged(side(2, true), side(1, true))).benchmarks ?? [];
    expect(row).toMatchObject({ n: 12, units: 6 });
    expect(row?.baseline.stderr).toBeCloseTo(0.10135082999532237, 12);
    expect(row?.candidate.stderr).toBeCloseTo(0.06675341578165508, 12);
    expect(row?.change?.stderr).toBeCloseTo(0.08706904454809711, 12);
    expect(row?.p).toBeCloseTo(0.25, 12);
    const [plain] = (await judged(side(2, false), side(1, false))).benchmarks ?? [];
    expect(plain).not.toHaveProperty('units');
    expect(plain?.change?.stderr).toBeCloseTo(0.06765367840716574, 12);
    expect(plain?.p).toBeCloseTo(0.02734375, 12);
  });

  it('are in comment and terminal, and a candidate without them was asked something else', async () => {
    const report = await judged(side(2, true), side(1, true));
    for (const text of [renderComment(report, {}), renderTerminal(report, { width: 120, color: false })]) {
      expect(text).toContain('6\u00a0passages');
      expect(text).toContain('passages that several share');
    }
    const { findings } = await judged(side(2, false), side(1, true));
    expect(findings).toContainEqual(expect.objectContaining({ kind: 'benchmark-not-comparable', cause: 'requests' }));
  });

  it('fail nobody for one passage, and pass nobody by ten', async () => {
    const of = (isNamed: boolean, right: (id: number) => boolean) =>
      written(
        Array.from({ length: 200 }, (_, id) => {
          const line = { suite: 's', id, correct: Number(right(id)), samples: 1 };
          return isNamed ? { ...line, cluster: Math.floor(id / 20) } : line;
        }),
      );
    const verdict = async (isNamed: boolean) =>
      (
        await judged(
          of(isNamed, (id) => id >= 20 && id % 10 !== 3),
          of(isNamed, (id) => id % 10 !== 3),
        )
      ).verdict;
    expect(await verdict(false)).toBe('fail');
    expect(await verdict(true)).toBe('inconclusive');
  });

  it('name them by text or number, or the file is refused with its line', async () => {
    const line = { suite: 's', id: 1, correct: 1, samples: 1 };
    await expect(readCounts(written([{ ...line, cluster: ['x'] }]))).rejects.toThrow(/counts\.jsonl:1: cluster/);
    const { tasks } = await readCounts(
      written([
        { ...line, cluster: 7 },
        { ...line, id: 2, cluster: '7' },
      ]),
    );
    expect(tasks[0]?.documents?.map(({ passage }) => passage)).toEqual(['7', '7']);
  });
});
