import type { MeasuredProbes, ProbeItemMeasurement } from '@shadow-gate/probes/answer';
import { describe, expect, it } from 'vitest';
import type { Report } from '../../../src/compare/report.ts';
import type { Measurement } from '../../../src/measure/schema/measurement.ts';
import { parsePolicy } from '../../../src/policy/load.ts';
import { parseReport, serializeReport } from '../../../src/report/json.ts';
import { renderComment } from '../../../src/report/markdown/comment.ts';
import { measurement, probes, probesOnly, reportOn, SUITE } from '../measurement.ts';

const FACTS = 120;
const right = (i: number) => i % 8 !== 0;

type IsRight = (fact: number, form: ProbeItemMeasurement['form']) => boolean;

function itemsOf(suite: string, isRight: IsRight, count = FACTS): ProbeItemMeasurement[] {
  return Array.from({ length: count }, (_, i) =>
    (['benchmark', 'twin'] as const).map((form): ProbeItemMeasurement => {
      const correct = isRight(i, form);
      return {
        ...{ suite, id: `${suite} ${i}.${form}`, fact: `${suite} ${i}`, capability: 'benchmark', family: suite },
        ...{ cluster: form, form, prompt: `prompt of ${i}`, right: 'green', given: correct ? 'green' : 'pink' },
        ...{ correct, chance: 0.25, margin: correct ? 1 : -1, probability: correct ? 0.8 : 0.1, logprobs: null },
        ...(form === 'twin' ? { kind: 'fresh' as const } : {}),
      };
    }),
  ).flat();
}

/** One measurement of suites by their names. */
function side(suites: Readonly<Record<string, IsRight>>, over: Partial<MeasuredProbes> = {}): Measurement {
  const items = Object.entries(suites).flatMap(([name, isRight]) => itemsOf(name, isRight));
  return probesOnly(
    probes({
      items,
      suites: Object.keys(suites).map((name) => ({ ...SUITE, name, version: null, items: 2 * FACTS })),
      ...over,
    }),
  );
}

const policyOf = (b: string) => `probes: [a.csv, {file: b.csv, ${b}}]`;
const same = side({ 'a.csv': right, 'b.csv': right });
/** A quarter of the twins of one suite are newly wrong. */
const lossIn = (suite: string, every = 4) => {
  const lost: IsRight = (i, form) => right(i) && (form === 'benchmark' || i % every !== 1);
  return side({ 'a.csv': right, 'b.csv': right, [suite]: lost });
};

function judge(candidate: Measurement, baseline: Measurement, policy: string): Report {
  const report = reportOn(candidate, baseline, { policy });
  // What its own tables show is never milder than what it says.
  expect(parseReport(JSON.stringify(serializeReport(report)), 'report.json')).toEqual(report);
  return report;
}
const kinds = ({ findings }: Report) =>
  findings.filter(({ level }) => level !== 'info').map(({ kind, level }) => `${level} ${kind}`);

describe('the level of a suite', () => {
  it('is the gravest that what it lost alone may have', () => {
    expect(judge(lossIn('b.csv'), same, 'probes: [a.csv, b.csv]').verdict).toBe('fail');
    const warned = judge(lossIn('b.csv'), same, policyOf('level: warn'));
    expect(warned.verdict).toBe('warn');
    expect(kinds(warned)).toEqual(['warn accuracy-loss']);
    expect(judge(lossIn('b.csv'), same, policyOf('level: info')).verdict).toBe('pass');
  });

  it('leaves it out of the tests of everything, which see the others as if they were alone', () => {
    const whole = (report: Report) => report.probes?.comparison.rows[0]?.twinChange;
    const alone = judge(lossIn('a.csv'), same, policyOf('level: info'));
    const only = judge(
      side({ 'a.csv': (i, form) => right(i) && (form === 'benchmark' || i % 4 !== 1) }),
      side({ 'a.csv': right }),
      'probes: [a.csv]',
    );
    expect(whole(alone)).toEqual(whole(only));
    expect(kinds(alone)).toEqual(kinds(only));
    expect(alone.verdict).toBe('fail');
  });

  it('keeps what only warns out of the history, although the built-in suite is drawn by a seed', () => {
    const of = (builtin: IsRight): Measurement => {
      const items = [...itemsOf(SUITE.name, builtin), ...itemsOf('a.csv', right)];
      const suites = [SUITE, { ...SUITE, name: 'a.csv', version: null }].map((own) => ({ ...own, items: 2 * FACTS }));
      return probesOnly(probes({ items, suites }));
    };
    const drawn = (policy: string) =>
      judge(
        of((i) => right(i) && i % 3 !== 1),
        of(right),
        policy,
      ).probes?.drawn;
    expect(drawn('probes: [builtin, a.csv]')?.facts).toBe(FACTS);
    expect(drawn('probes: [{file: builtin, level: warn}, a.csv]')).toBe(null);
  });

  it('does not hide what the others lost behind what it gained', () => {
    const gained = side({
      'a.csv': (i, form) => right(i) && (form === 'benchmark' || i % 12 !== 1),
      'b.csv': () => true,
    });
    const twins = ({ findings }: Report) => findings.some(({ kind }) => kind === 'twin-accuracy');
    expect(twins(judge(gained, same, 'probes: [a.csv, b.csv]'))).toBe(false);
    expect(twins(judge(gained, same, policyOf('level: info')))).toBe(true);
  });

  it('is that of what could not be judged too, and of items that only the candidate cannot run', () => {
    const lacking = side({ 'a.csv': right });
    expect(kinds(judge(lacking, same, 'probes: [a.csv, b.csv]'))).toContain('inconclusive other-suite');
    expect(kinds(judge(lacking, same, policyOf('level: warn')))).toEqual(['warn other-suite']);
    expect(judge(lacking, same, policyOf('level: info')).verdict).toBe('pass');
    const { probes: all } = same;
    if (all?.status !== 'measured') throw new Error('not measured');
    const lost = probesOnly({ ...all, items: all.items.filter(({ id }) => !id.startsWith('b.csv 1')) });
    expect(kinds(judge(lost, same, 'probes: [a.csv, b.csv]'))).toContain('fail items-lost');
    expect(kinds(judge(lost, same, policyOf('level: warn')))).toContain('warn items-lost');
    expect(judge(lost, same, policyOf('level: info')).verdict).toBe('pass');
  });

  it('of all suites is not info, and twins have that of their benchmark', () => {
    const refused = (text: string) => () => parsePolicy(text, 'shadow-gate.yml');
    expect(refused('probes: [{file: a.csv, level: info}]')).toThrow(
      /shadow-gate\.yml:1:\d+: probes\.0\.level: every suite has the level info/,
    );
    expect(refused('probes: [{file: a.csv}, {file: b.csv, twins-of: a.csv, level: info}]')).toThrow(
      'twins have the level of their benchmark',
    );
    expect(refused('probes: [{file: a.csv, floor: 0.3}]')).toThrow('add that, or leave it out');
    expect(refused('probes: [{file: builtin, level: warn, drop: 0.1, scoring: raw}]')).toThrow('leave them out');
    expect(refused('probes: [{file: builtin, level: warn, facts: 180, drop: 0.1}]')).not.toThrow();
  });

  it('is in the report and the comment, and without the keys there is nothing', () => {
    const report = judge(same, same, policyOf('level: warn, drop: 0.1'));
    expect(report.suites).toMatchObject([
      { suite: 'a.csv', level: 'fail', required: false, isJudged: true, items: FACTS, limit: 0.05 },
      { suite: 'b.csv', level: 'warn', required: false, isJudged: true, items: FACTS, limit: 0.1 },
    ]);
    const comment = renderComment(report, {});
    expect(comment).toContain('b.csv');
    expect('suites' in serializeReport(judge(same, same, 'probes: [a.csv, b.csv]'))).toBe(false);
  });
});

it('a pass of the built-in suite is read, where its twins have less of alpha than those of a file', () => {
  const of = (isRight: IsRight): Measurement =>
    probesOnly(probes({ items: itemsOf(SUITE.name, isRight, 360), suites: [{ ...SUITE, items: 720 }] }));
  const was = of((i, form) => right(i) && (form === 'benchmark' || (i % 180 !== 5 && i !== 13)));
  const is = of((i, form) => right(i) && (form === 'benchmark' || (i % 36 !== 1 && i !== 3)));
  const report = judge(is, was, '');
  expect(report.verdict).toBe('pass');
  // P(X ≥ 11), X ~ Bin(14, ½): between 0.4 and 0.8 of alpha.
  expect(report.probes?.comparison.rows[0]?.twinChange?.p).toBeCloseTo(0.0287, 4);
});

describe('the limits of a suite', () => {
  const found = (every: number, own: string) =>
    judge(lossIn('b.csv', every), same, policyOf(`level: warn, ${own}`)).findings.flatMap((one) =>
      one.kind === 'accuracy-loss' && one.suite === 'b.csv' ? [one.limit] : [],
    );

  it('take the place of capability-drop, and the smaller of two counts', () => {
    // 15 of 120 twins, 12.5 points; the baseline has 87.5%.
    expect(found(8, 'required: false')).toEqual([0.05]);
    expect(found(8, 'drop: 0.12')).toEqual([0.12]);
    expect(found(8, 'drop: 0.13')).toEqual([]);
    expect(found(8, 'relative-drop: 0.1')[0]).toBeCloseTo(0.0875, 12);
    expect(found(8, 'drop: 0.3, relative-drop: 0.1')[0]).toBeCloseTo(0.0875, 12);
    expect(found(8, 'drop: 0.01, relative-drop: 0.1')).toEqual([0.01]);
    // Below the floor a share of the baseline's accuracy says nothing.
    expect(found(8, 'drop: 0.12, relative-drop: 0.01, floor: 0.9')).toEqual([0.12]);
    expect(found(8, 'relative-drop: 0.01, floor: 0.9')).toEqual([0.05]);
  });

  it('are those of everything where the suite is alone', () => {
    const alone = (own: string) =>
      judge(
        side({ 'a.csv': (i, form) => right(i) && (form === 'benchmark' || i % 8 !== 1) }),
        side({ 'a.csv': right }),
        `probes: [{file: a.csv${own}}]`,
      );
    expect(alone('').findings[0]).toMatchObject({ kind: 'twin-accuracy', limit: 0.02 });
    expect(alone(', drop: 0.1').findings[0]).toMatchObject({ kind: 'twin-accuracy', limit: 0.1 });
    expect(kinds(alone(', drop: 0.2'))).not.toContain('fail twin-accuracy');
  });
});

describe('a required suite', () => {
  it('that the candidate lacks is a failure, and one finding', () => {
    const lacking = side({ 'a.csv': right });
    const report = judge(lacking, same, policyOf('required: true'));
    expect(kinds(report)).toEqual(['fail suite-missing']);
    expect(report.findings[0]).toMatchObject({ suite: 'b.csv', cause: 'not-there' });
    expect(kinds(judge(lacking, same, policyOf('required: true, level: warn')))).toEqual(['warn suite-missing']);
    // Nobody has it.
    expect(kinds(judge(lacking, lacking, policyOf('required: true')))).toEqual(['fail suite-missing']);
    expect(kinds(judge(measurement(), same, policyOf('required: true')))).toContain('fail suite-missing');
    expect(kinds(judge(measurement(), same, policyOf('required: true')))).not.toContain('inconclusive one-half-only');
  });

  it('that the baseline alone lacks cannot be judged', () => {
    expect(kinds(judge(same, side({ 'a.csv': right }), policyOf('required: true')))).toEqual([
      'inconclusive other-suite',
    ]);
  });

  it('that nobody could be asked, or that the baseline guesses, is missing too', () => {
    const { probes: all } = same;
    if (all?.status !== 'measured') throw new Error('not measured');
    const isIn = ({ suite }: { readonly suite: string }) => suite === 'b.csv';
    const leftOut = all.items.filter(isIn).map(({ suite, id, fact, capability, family, cluster, form }) => {
      return { suite, id, reason: 'does not fit', fact, capability, family, cluster, form };
    });
    const skipped = probesOnly({ ...all, items: all.items.filter((item) => !isIn(item)), leftOut });
    expect(judge(skipped, skipped, policyOf('required: true')).findings[0]).toMatchObject({ cause: 'no-answers' });
    const guessing = side({ 'a.csv': right, 'b.csv': (i) => i % 4 === 0 });
    const report = judge(guessing, guessing, policyOf('required: true'));
    expect(kinds(report)).toEqual(['fail suite-missing']);
    expect(report.findings[0]).toMatchObject({ suite: 'b.csv', cause: 'not-judged' });
    // Those that the candidate alone cannot run are lost, and that is said once.
    const lost = probesOnly({ ...all, items: all.items.filter((item) => !isIn(item)), leftOut });
    expect(kinds(judge(lost, same, policyOf('required: true')))).not.toContain('fail suite-missing');
  });

  it('passes only where a loss of its limit is ruled out', () => {
    // Three of 120 changed each way: a loss of 5 points cannot be ruled out in one suite, and can in both.
    const noisy = side({ 'a.csv': right, 'b.csv': (i) => (i % 20 === 1 ? false : i % 40 === 0 || right(i)) });
    const policy = (own: string) => `twin-accuracy: {drop: 0.5, capability-drop: 0.5, margin: 0.2}\n${policyOf(own)}`;
    expect(judge(noisy, same, policy('drop: 0.03')).verdict).toBe('pass');
    const report = judge(noisy, same, policy('drop: 0.03, required: true'));
    expect(kinds(report)).toEqual(['inconclusive suite-unclear']);
    expect(report.findings[0]).toMatchObject({ suite: 'b.csv', limit: 0.03, items: FACTS });
    expect(judge(noisy, same, policy('required: true')).verdict).toBe('pass');
  });
});
