import { describe, expect, it } from 'vitest';
import { answers, findingsOn, ofKind, probes, probesOnly, reportOn } from '../measurement.ts';

const LEFT_OUT = { suite: 'builtin', id: '0.twin', reason: 'prompt and answer take 202 tokens' };

describe('the check of lost items', () => {
  it('items that the baseline answered and the candidate cannot run fail, and the first are named with their reason', () => {
    const some = answers(100).filter(({ fact }) => fact !== answers(100)[0]?.fact);
    const candidate = probesOnly(probes({ items: some, leftOut: [LEFT_OUT] }));
    const report = reportOn(candidate, probesOnly(probes()));
    expect(report.verdict).toBe('fail');
    expect(report.findings[0]).toMatchObject({ kind: 'items-lost', level: 'fail', items: 2 });
    expect(ofKind('items-lost', report.findings)[0]?.named).toContainEqual({ id: '0.twin', reason: LEFT_OUT.reason });
    // They are wrong in the table too: nobody chooses which probes count.
    expect(report.probes?.comparison.rows[0]?.facts).toBe(100);
  });

  it('a candidate that drops the items it gets wrong is not better than one that answers them', () => {
    const wrong = answers(100).map((item, i) => (i < 60 ? { ...item, correct: false } : item));
    const honest = reportOn(probesOnly(probes({ items: wrong })), probesOnly(probes()));
    const sly = reportOn(probesOnly(probes({ items: wrong.slice(60) })), probesOnly(probes()));
    expect([honest.verdict, sly.verdict]).toEqual(['fail', 'fail']);
    const lost = ({ probes: report }: typeof sly) => report?.comparison.rows[0]?.twin.candidate ?? 1;
    expect(lost(sly)).toBeLessThanOrEqual(lost(honest));
  });

  it('items that a time budget left no time for are not lost', () => {
    const short = probes({ budgetSeconds: 60, items: answers(50) });
    expect(ofKind('items-lost', findingsOn(probesOnly(short), probesOnly(probes())))).toEqual([]);
    // A budget leaves out whole facts, so that it is no excuse for twins that are gone.
    const twinless = short.items.filter(({ form }, i) => form === 'benchmark' || i > 20);
    expect(
      ofKind('items-lost', findingsOn(probesOnly({ ...short, items: twinless }), probesOnly(probes()))),
    ).toMatchObject([{ items: 10 }]);
    // What could not run at all is lost with a budget as well.
    const leftOut = probesOnly({ ...short, leftOut: [{ ...LEFT_OUT, id: '99.twin' }] });
    expect(ofKind('items-lost', findingsOn(leftOut, probesOnly(probes())))).toMatchObject([{ items: 2 }]);
  });
});
