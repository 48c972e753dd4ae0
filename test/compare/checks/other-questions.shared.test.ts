import { SPELLING } from '@shadow-gate/language-model/tokens/spelling';
import type { MeasuredProbes } from '@shadow-gate/probes/answer';
import { describe, expect, it } from 'vitest';
import { readBehaviorValues } from '../../../src/measure/behavior/part.ts';
import type { Measurement } from '../../../src/measure/schema/measurement.ts';
import { answers, behavior, findingsOn, ofKind, probes, probesOnly, reportOn } from '../measurement.ts';

const spelling = SPELLING;
const digest = (digit: string) => digit.repeat(32);
const all = answers(100);

/** Probes of which the first items are rewritten, each to the same other text. */
const rewriting = (count: number, digit: string, over: Partial<MeasuredProbes> = {}) =>
  probes({ spelling, items: all.map((item, i) => (i < count ? { ...item, spelling: digest(digit) } : item)), ...over });

const measured = (probes: MeasuredProbes, over: Partial<Measurement> = {}): Measurement => ({
  ...probesOnly(probes),
  behavior: behavior(),
  ...over,
});

const other = { behavior: behavior({ tokenizer: readBehaviorValues({ content: 'another' }) }) };
const asks = probes({ spelling, items: all });

describe('what the tokens of the questions say', () => {
  it('is no difference where both say what was asked, or lose the same', () => {
    for (const pair of [asks, rewriting(100, 'a')])
      expect(reportOn(measured(pair), measured(pair)).verdict).toBe('pass');
  });

  it.each([
    ['the candidate rewrites one', rewriting(1, 'a'), asks, 1],
    ['the baseline did', asks, rewriting(3, 'a'), 3],
    ['they rewrite it in two ways', rewriting(2, 'a'), rewriting(2, 'b'), 2],
  ])('keeps a verdict from a pass, with the items, where %s', (_, candidate, baseline, items) => {
    const report = reportOn(measured(candidate), measured(baseline));
    expect(report.verdict).toBe('inconclusive');
    const first = { suite: 'builtin', item: all[0]?.id };
    expect(ofKind('other-questions', report.findings)).toMatchObject([{ items, of: all.length, named: { 0: first } }]);
  });

  const led = (digit: string) => probes({ spelling, leading: `sha256:${digit.repeat(64)}`, items: all });

  it('is another one in every item where other tokens come before each text, and no difference where the same do', () => {
    expect(reportOn(measured(led('a')), measured(led('a'))).verdict).toBe('pass');
    for (const candidate of [led('b'), asks]) {
      const report = reportOn(measured(candidate), measured(led('a')));
      expect(report.verdict).toBe('inconclusive');
      expect(ofKind('other-questions', report.findings)).toMatchObject([{ items: all.length, of: all.length }]);
    }
  });

  it('says nothing of the tokens before each text where a baseline of an older version does not know them', () => {
    expect(reportOn(measured(led('a')), measured(asks)).verdict).toBe('pass');
  });

  it('what is lost is lost all the same', () => {
    const fallen = rewriting(1, 'a').items.map((item) => ({ ...item, correct: false, margin: -1 }));
    expect(reportOn(measured({ ...asks, items: fallen }), measured(asks)).verdict).toBe('fail');
  });
});

describe('where one side does not say it', () => {
  const old = probes({ items: all });
  const unknown = (candidate: Measurement, baseline: Measurement) =>
    ofKind('behavior-not-compared', findingsOn(candidate, baseline)).map(({ side, what, level }) => [
      side,
      what,
      level,
    ]);

  it.each<[string, Measurement, Measurement]>([
    ['the files are the same', measured(rewriting(9, 'a')), measured(old)],
    ['the files are the same, of an old candidate', measured(old), measured(asks)],
    ['the candidate reads what is asked, with any tokenizer', measured(asks, other), measured(old)],
  ])('nothing is said where %s', (_, candidate, baseline) => {
    expect(unknown(candidate, baseline)).toEqual([]);
  });

  it.each<[string, Measurement, Measurement, string]>([
    [
      'the candidate does not read it and has another tokenizer',
      measured(rewriting(1, 'a'), other),
      measured(old),
      'baseline',
    ],
    [
      'nothing is known of the files of the baseline',
      measured(rewriting(1, 'a')),
      measured(old, { behavior: null }),
      'baseline',
    ],
    ['a server tokenizes for a candidate with another tokenizer', measured(old, other), measured(asks), 'candidate'],
    [
      'a server tokenizes for both, and the template is another one',
      measured(old, { behavior: behavior({ 'chat-template': null }) }),
      measured(old),
      'candidate',
    ],
  ])('it is no pass where %s', (_, candidate, baseline, side) => {
    expect(unknown(candidate, baseline)).toContainEqual([side, 'questions', 'inconclusive']);
    expect(reportOn(candidate, baseline).verdict).toBe('inconclusive');
  });
});
