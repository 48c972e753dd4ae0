import { describe, expect, it } from 'vitest';
import { selectInstruments } from '../../../src/compare/pairing/instruments.ts';
import { groupItems } from '../../../src/compare/pairing/paired-facts.ts';
import { allFacts, binding, constant, lettered, memorizing } from '../probes/lettered.ts';

const SUITE = { facts: 100, seed: 1 };

describe('labels as an instrument', () => {
  it('work for a baseline that follows the options, and then every twin takes part', () => {
    const { facts, unjudged, labels } = lettered({ baseline: binding(0.6), candidate: binding(0.6) }, SUITE);
    expect(labels).toMatchObject([{ suite: 'suite', items: 100, works: true, why: 'binds' }]);
    expect(labels[0]?.binding?.followed).toBeGreaterThan(labels[0]?.binding?.kept ?? 100);
    expect(unjudged).toEqual([]);
    expect(facts.every(({ benchmark, exam, twins }) => benchmark === exam && twins.length === 2)).toBe(true);
  });

  it.each([
    ['always says A', constant('A'), 'constant-label'],
    ['guesses', binding(0), 'does-not-follow-options'],
    ['memorized the letters', memorizing(100, constant('A')), 'does-not-follow-options'],
  ] as const)('do not work for a baseline that %s: the text form and the open twins stand in', (_, baseline, why) => {
    const { facts, labels, unjudged } = lettered({ baseline, candidate: binding(0.6) }, SUITE);
    expect(labels).toMatchObject([{ works: false, why }]);
    expect(unjudged).toEqual([]);
    expect(new Set(facts.map(({ benchmark }) => benchmark.form))).toEqual(new Set(['benchmark-text']));
    expect(facts.every(({ twins }) => twins.length === 1 && twins[0]?.kind === 'open')).toBe(true);
    // The evidence about letters stays.
    expect(facts.every(({ exam, permuted }) => exam.answers === 'label' && permuted.length === 1)).toBe(true);
  });

  it('say how often each letter was given', () => {
    const [row] = lettered({ baseline: constant('A'), candidate: constant('D') }, SUITE).labels;
    expect(row?.baseline).toEqual([{ label: 'A', count: 100 }]);
    expect(row?.candidate).toEqual([{ label: 'D', count: 100 }]);
  });

  it('judge nothing without a text form, unless the candidate gives letters that no habit explains', () => {
    const same = lettered({ baseline: constant('A'), candidate: constant('D') }, { ...SUITE, text: false });
    expect(same.facts).toEqual([]);
    expect(same.unjudged).toHaveLength(100);
    const gained = lettered(
      { baseline: constant('A'), candidate: memorizing(100, constant('A')) },
      { ...SUITE, text: false },
    );
    expect(gained.unjudged).toEqual([]);
    expect(gained.facts.every(({ benchmark, exam }) => benchmark === exam)).toBe(true);
    expect(gained.facts.every(({ twins }) => twins.every(({ kind }) => kind === 'open'))).toBe(true);
  });

  it('are judged by the exam alone where fewer than 20 pairs can show what they follow', () => {
    const few = { facts: 19, seed: 1 };
    const good = lettered({ baseline: binding(0.9), candidate: binding(0.9) }, few).labels;
    expect(good).toMatchObject([{ works: true, why: 'above-chance' }]);
    const poor = lettered({ baseline: binding(0), candidate: binding(0.9) }, few).labels;
    expect(poor).toMatchObject([{ works: false, why: 'not-above-chance' }]);
  });

  it('are decided by the baseline: answers of the candidate change nothing', () => {
    const rows = [constant('A'), binding(1), memorizing(50, constant('B'))].map((candidate) => {
      const [row] = lettered({ baseline: binding(0.6), candidate }, SUITE).labels;
      return { works: row?.works, binding: row?.binding };
    });
    expect(rows.every(({ works }) => works)).toBe(true);
  });

  it.each([
    ['labels', binding(0.6), 'exam'],
    ['texts', constant('A'), 'text'],
  ] as const)('ask each question of a group once, by %s as the benchmark', (_, model, form) => {
    const answers = allFacts(lettered({ baseline: model, candidate: model }, SUITE));
    const items = answers.flatMap(({ exam, text, permuted, twins }) => {
      const forms = [exam, ...(text ? [text] : [])];
      const held = forms.map((item) => ({ ...item, suite: 'held', fact: `held ${item.fact}`, form: 'twin' as const }));
      return [...new Set([...forms, ...permuted, ...twins]), ...held];
    });
    const { groups } = selectInstruments(groupItems(items, [{ name: 'suite' }, { name: 'held', twinsOf: 'suite' }]));
    expect(groups.map((group) => group.items.map(({ cluster }) => cluster))).toEqual([Array(100).fill(form)]);
  });

  it('of a group of twins are those of its suite', () => {
    const answers = lettered({ baseline: constant('A'), candidate: constant('A') }, SUITE);
    const items = allFacts(answers).flatMap(({ exam, text, permuted, twins }) => [
      ...[exam, ...(text ? [text] : []), ...permuted, ...twins],
      { ...exam, suite: 'held out', fact: `held ${exam.fact}`, form: 'twin' as const },
    ]);
    const suites = [{ name: 'suite' }, { name: 'held out', twinsOf: 'suite' }];
    const { groups, labels } = selectInstruments(groupItems(items, suites));
    expect(groups).toEqual([]);
    expect(labels.map(({ suite, works }) => [suite, works])).toEqual([
      ['suite', false],
      ['held out', false],
    ]);
  });

  it('without any that works, facts whose only twins were the group are not judged', () => {
    const answers = lettered({ baseline: constant('A'), candidate: constant('A') }, SUITE);
    const items = allFacts(answers).flatMap(({ exam, text }) => [
      ...[exam, ...(text ? [text] : [])],
      { ...exam, suite: 'held out', fact: `held ${exam.fact}`, form: 'twin' as const },
    ]);
    const suites = [{ name: 'suite' }, { name: 'held out', twinsOf: 'suite' }];
    const { facts, unjudged } = selectInstruments(groupItems(items, suites));
    // Accuracies of no twins would be 0 ÷ 0.
    expect([facts.length, unjudged.length]).toEqual([0, allFacts(answers).length]);
  });
});
