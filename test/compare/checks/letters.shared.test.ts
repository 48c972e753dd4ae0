import type { ProbeItemMeasurement } from '@shadow-gate/probes/answer';
import { describe, expect, it } from 'vitest';
import { ofKind, probes, probesOnly, reportOn, SUITE } from '../measurement.ts';
import {
  binding,
  constant,
  type LetteredOptions,
  lettered,
  type Model,
  measured,
  memorizing,
} from '../probes/lettered.ts';

const SUITES = [{ ...SUITE, name: 'suite', version: null }];
const OPTIONS: LetteredOptions = { facts: 100, seed: 3 };

const withItems = (items: ProbeItemMeasurement[], suites = SUITES) => probesOnly(probes({ suites, items }));

function judge(baseline: Model, candidate: Model, options: LetteredOptions = OPTIONS) {
  const answers = lettered({ baseline, candidate }, options);
  return reportOn(withItems(measured(answers, 'candidate')), withItems(measured(answers, 'baseline')));
}

/** A model that says A to everything, as small ones do, and knows a third of the answers. */
const base = constant('A', 0.37);
const memorizer = memorizing(100, base);

describe('the checks of letters', () => {
  it('letters that were memorized by a model that cannot bind them fail, and the report says that it cannot', () => {
    const { verdict, findings, probes: report } = judge(base, memorizer);
    expect(verdict).toBe('fail');
    expect(ofKind('letters-memorized', findings)).toMatchObject([
      { level: 'fail', suite: 'suite', items: 100, candidate: 100, answersKnown: false },
    ]);
    expect(ofKind('labels-not-bound', findings)).toMatchObject([
      {
        level: 'info',
        side: 'baseline',
        why: 'constant-label',
        most: { label: 'A', count: 100 },
        byText: 100,
        unjudged: 0,
      },
    ]);
    expect(ofKind('baseline-memorized', findings)).toEqual([]);
    // The flips are the letters that were kept, with both forms side by side.
    expect(report?.comparison.flips).toHaveLength(3);
    for (const { beside, candidate, right } of report?.comparison.flips ?? []) {
      expect(beside?.candidate).toBe(beside?.right);
      expect(candidate).toBe(beside?.right);
      expect(candidate).not.toBe(right);
    }
  });

  it('letters are a remark where the answers were learned as well', () => {
    const { verdict, findings } = judge(base, memorizing(70, constant('A', 0.97)));
    expect(ofKind('letters-memorized', findings)).toMatchObject([{ level: 'info', answersKnown: true }]);
    expect(verdict).not.toBe('fail');
  });

  it('answers of a few facts do not excuse the letters of all', () => {
    const learned: Model = (asked, random) =>
      asked.fact < 30 && asked.form === 'open' ? asked.right : memorizer(asked, random);
    const answers = lettered({ baseline: base, candidate: learned }, OPTIONS);
    const few = (side: 'candidate' | 'baseline') =>
      withItems(measured(answers, side).filter(({ kind, fact }) => kind !== 'open' || Number(fact) < 30));
    const { findings } = reportOn(few('candidate'), few('baseline'));
    expect(ofKind('letters-memorized', findings)).toMatchObject([{ level: 'fail', answersKnown: false }]);
  });

  it('a baseline that memorized is no yardstick: what it knew by letters alone is not forgotten', () => {
    const { verdict, findings } = judge(memorizer, base);
    expect(ofKind('baseline-memorized', findings)).toMatchObject([
      { level: 'warn', side: 'baseline', items: 100, kept: 100, exam: 1 },
    ]);
    expect(findings.filter(({ level }) => level === 'fail')).toEqual([]);
    expect(verdict).not.toBe('fail');
    // If the baseline binds letters as well, only those of the memorized questions are left out.
    const partly = judge(memorizing(60, binding(0.9)), binding(0.9));
    expect(ofKind('baseline-memorized', partly.findings)).toHaveLength(1);
    expect(partly.findings.filter(({ level }) => level === 'fail')).toEqual([]);
  });

  it('a model whose letters are memorized is told so when it is measured alone', () => {
    const alone = reportOn(
      withItems(measured(lettered({ baseline: base, candidate: memorizer }, OPTIONS), 'candidate')),
      null,
    );
    expect(ofKind('baseline-memorized', alone.findings)).toMatchObject([{ side: 'candidate', kept: 100 }]);
    expect(alone.probes?.comparison.kept).toMatchObject([{ baseline: null, candidate: 100 }]);
    expect(alone.probes?.comparison.labels).toMatchObject([{ baseline: null, works: false }]);
  });

  it('a suite that only letters can answer is never a pass for a model that cannot bind them', () => {
    const options = { ...OPTIONS, text: false };
    const { verdict, findings, probes: report } = judge(base, constant('D', 0.37), options);
    expect(verdict).toBe('inconclusive');
    expect(ofKind('labels-not-bound', findings)).toMatchObject([{ level: 'inconclusive', byText: 0, unjudged: 100 }]);
    expect(report?.comparison.rows[0]?.facts).toBe(100);
    const items = measured(lettered({ baseline: base, candidate: base }, options), 'candidate');
    const alone = reportOn(withItems(items), null, { policy: 'on-missing-baseline: pass' });
    expect(alone.verdict).toBe('inconclusive');
    expect(ofKind('labels-not-bound', alone.findings)).toMatchObject([{ side: 'candidate', level: 'inconclusive' }]);
  });

  it('a few facts that a text can answer do not stand for those that only letters can', () => {
    const options = { ...OPTIONS, facts: 200 };
    const answers = lettered({ baseline: base, candidate: constant('D', 0.37) }, options);
    const few = (side: 'candidate' | 'baseline') =>
      withItems(measured(answers, side).filter(({ form, fact }) => form !== 'benchmark-text' || Number(fact) < 90));
    const { verdict, findings } = reportOn(few('candidate'), few('baseline'));
    expect(ofKind('labels-not-bound', findings)).toMatchObject([{ level: 'inconclusive', byText: 90, unjudged: 110 }]);
    expect(verdict).toBe('inconclusive');
  });

  it('what a twin is, the baseline says: a candidate that calls its twins open is not believed', () => {
    const strip = ({ kind: _, ...item }: ProbeItemMeasurement): ProbeItemMeasurement => item;
    const items = measured(lettered({ baseline: binding(0.5), candidate: binding(0.9) }, OPTIONS), 'baseline');
    const open = items.filter(({ form, kind }) => form === 'benchmark' || kind === 'open');
    const { probes: report } = reportOn(withItems(open), withItems(open.map(strip)));
    expect(report?.comparison.kinds).toMatchObject([{ kind: 'format', role: 'only-format' }]);
  });

  it('equal models that say different letters are not failed, whatever letter is right most often', () => {
    const key = [1, 1, 1, 4];
    for (const [baseline, candidate] of [
      [constant('A', 0.6), constant('D', 0.6)],
      [constant('D', 0.6), constant('A', 0.6)],
    ] as const) {
      const { findings } = judge(baseline, candidate, { ...OPTIONS, key });
      expect(findings.filter(({ level }) => level === 'fail')).toEqual([]);
    }
  });

  it('forms that decide nothing are lost all the same, and so are the items of a group', () => {
    const answers = lettered({ baseline: binding(0.8), candidate: binding(0.8) }, OPTIONS);
    const own = measured(answers, 'baseline');
    const distracted = own
      .filter(({ form }) => form === 'benchmark')
      .map((item) => ({ ...item, id: `${item.fact}.distracted`, form: 'robustness' as const }));
    const group = own
      .filter(({ kind }) => kind === 'open')
      .map((item) => ({ ...item, suite: 'held out', id: `h${item.id}`, fact: `h${item.id}`, kind: 'group' as const }));
    const suites = [...SUITES, { ...SUITE, name: 'held out', version: null, twinsOf: 'suite' }];
    const all = [...own, ...distracted, ...group];
    const lost = all.filter(({ form }) => form !== 'robustness').filter((item) => item.suite !== 'held out');
    const report = reportOn(withItems(lost, suites), withItems(all, suites));
    expect(report.verdict).toBe('fail');
    expect(ofKind('items-lost', report.findings)).toMatchObject([{ items: 200 }]);
    expect(report.probes?.comparison.robustness).toMatchObject({ facts: 100, distracted: { candidate: 0 }, won: 0 });
    const same = reportOn(withItems(all, suites), withItems(all, suites));
    expect(same.verdict).toBe('pass');
    expect(ofKind('unpaired', same.findings)).toEqual([]);
  });
});
