import type { TextSuiteMeasurement } from '@shadow-gate/probes/answer';
import { describe, expect, it } from 'vitest';
import { findingsOn, ofKind, probes, probesOnly, reportOn } from '../measurement.ts';

const DIGEST = `sha256:${'0'.repeat(64)}`;

/** Texts of 100 bytes each, with these log-likelihoods. */
function suite(logprobs: readonly number[], over: Partial<TextSuiteMeasurement> = {}): TextSuiteMeasurement {
  return {
    ...{ name: 'texts.txt', digest: DIGEST, seed: null, size: logprobs.length },
    scores: {
      ids: logprobs.map((_, i) => String(i)),
      bytes: logprobs.map(() => 100),
      tokens: logprobs.map(() => 25),
      logprobs: [...logprobs],
    },
    ...over,
  };
}

const withTexts = (...texts: TextSuiteMeasurement[]) => probesOnly(texts.length === 0 ? probes() : probes({ texts }));

const BASE = [-80, -90, -70, -60, -100, -80, -75, -85];
const moved = (by: readonly number[]) => suite(BASE.map((logprob, i) => logprob + (by[i % by.length] ?? 0)));

const kinds = (...sides: Parameters<typeof findingsOn>) =>
  findingsOn(...sides).flatMap(({ kind, level }) =>
    kind.startsWith('text') || kind.startsWith('other') ? [[kind, level]] : [],
  );

describe('plain texts that are less likely than to the baseline', () => {
  it('warn if the bound of the fall is beyond the limit, with the numbers', () => {
    const report = reportOn(withTexts(moved([-4, -6])), withTexts(suite(BASE)));
    const [found, ...more] = ofKind('text-likelihood', report.findings);
    expect(more).toEqual([]);
    // Mean −5 of 100 bytes; SD of ±1 in 8 is 1.069, so that the standard error is 0.378; t(7) at 95% is 1.895.
    expect(found).toMatchObject({ level: 'warn', suite: 'texts.txt', texts: 8, limit: 0.02 });
    expect(found?.change).toBeCloseTo(-0.05, 10);
    expect(found?.standardError).toBeCloseTo(0.00378, 5);
    expect(found?.upper).toBeCloseTo(-0.05 + 1.895 * 0.00378, 5);
    expect(report.verdict).not.toBe('fail');
  });

  it('say nothing within the limit, where the bound is within it, or without a spread', () => {
    expect(kinds(withTexts(moved([-2])), withTexts(suite(BASE)))).toEqual([]);
    expect(kinds(withTexts(moved([-8, 0])), withTexts(suite(BASE)))).toEqual([]);
    expect(kinds(withTexts(suite([-90])), withTexts(suite([-80])))).toEqual([]);
    expect(kinds(withTexts(moved([3])), withTexts(suite(BASE)))).toEqual([]);
  });

  it('never change the verdict beyond a warning, and are a note where the policy says so', () => {
    const same = reportOn(withTexts(suite(BASE)), withTexts(suite(BASE))).verdict;
    const fallen = [withTexts(moved([-40, -41])), withTexts(suite(BASE))] as const;
    expect(reportOn(...fallen, { policy: 'text-likelihood: {level: info}' }).verdict).toBe(same);
    expect(kinds(...fallen, { policy: 'text-likelihood: {level: info}' })).toEqual([['text-likelihood', 'info']]);
    expect(['pass', 'warn', 'inconclusive']).toContain(reportOn(...fallen).verdict);
    expect(() => reportOn(...fallen, { policy: 'text-likelihood: {level: fail}' })).toThrow('text-likelihood.level');
  });

  it('are compared with the same texts only, over those of which both scored the same part', () => {
    const other = `sha256:${'1'.repeat(64)}`;
    expect(kinds(withTexts(suite(BASE)), withTexts(suite(BASE, { digest: other })))).toEqual([['other-suite', 'warn']]);
    expect(kinds(withTexts(suite(BASE)), withTexts())).toEqual([['other-suite', 'warn']]);
    expect(kinds(withTexts(), withTexts(suite(BASE)))).toEqual([['other-suite', 'warn']]);
    const builtin = (over: Partial<TextSuiteMeasurement> = {}) =>
      withTexts(suite(BASE, { name: 'builtin-texts', seed: 1, ...over }));
    for (const theirs of [withTexts(), builtin({ digest: other }), builtin({ seed: 2 })]) {
      expect(kinds(builtin(), theirs)).toEqual([]);
      expect(kinds(theirs, builtin())).toEqual([]);
    }
    const cut = suite(BASE.with(0, -1));
    const { scores } = cut;
    const report = reportOn(
      withTexts({ ...cut, scores: { ...scores, bytes: scores.bytes.with(0, 3) } }),
      withTexts(suite(BASE)),
    );
    expect(report.probes?.comparison.texts).toMatchObject([{ texts: 7, bytes: 700, change: { value: 0 } }]);
  });

  it('have a reason in the report where a side could not score them', () => {
    const none = { ids: [], bytes: [], tokens: [], logprobs: [] };
    const left = suite(BASE, { scores: none, leftOut: 'no echo' });
    const [row] = reportOn(withTexts(left), withTexts(suite(BASE))).probes?.comparison.texts ?? [];
    expect(row).toMatchObject({ texts: 0, candidate: null, change: null, leftOut: 'no echo' });
  });
});
