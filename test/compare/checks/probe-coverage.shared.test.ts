import { describe, expect, it } from 'vitest';
import { answers, findingsOn, measurement, ofKind, probes, probesOnly, reportOn } from '../measurement.ts';

const LEVEL = 'inconclusive';

/** Both measurements have one digest. */
const SAME = { kind: 'nothing-trained', level: 'info' };

describe('the check of probe coverage', () => {
  it('a run of the spectra alone passes if it was requested, and is not a pass if the probes are missing', () => {
    const [candidate, baseline] = [measurement(), measurement({ probes: probes() })];
    expect(reportOn(candidate, baseline, { only: 'spectra' })).toMatchObject({
      verdict: 'pass',
      findings: [{ kind: 'one-half-only', level: 'info', half: 'spectra' }, SAME],
    });
    expect(reportOn(candidate, baseline, { policy: 'probes: []' }).verdict).toBe('pass');
    expect(reportOn(candidate, baseline)).toMatchObject({
      verdict: 'inconclusive',
      findings: [{ kind: 'one-half-only', level: 'inconclusive', half: 'spectra' }, SAME],
    });
  });

  it('a candidate that can no longer answer fails; without answers of the baseline it is inconclusive', () => {
    const mute = measurement({ probes: { status: 'notRun', reason: 'no tokenizer' } });
    expect(findingsOn(mute, measurement({ probes: probes() }))).toEqual([
      { kind: 'probes-not-run', level: 'fail', side: 'candidate', cause: 'no tokenizer' },
    ]);
    // Memory, devices and servers are not the candidate's fault.
    for (const cause of ['not-enough-memory', 'no-device', 'server'] as const) {
      const unlucky = measurement({ probes: { status: 'notRun', reason: 'a bad minute', cause } });
      expect(findingsOn(unlucky, measurement({ probes: probes() }))).toMatchObject([{ level: LEVEL }]);
    }
    expect(findingsOn(mute, null).filter(({ kind }) => kind === 'probes-not-run')).toEqual([
      { kind: 'probes-not-run', level: LEVEL, side: 'candidate', cause: 'no tokenizer' },
    ]);
  });

  it('a baseline without answers is never a pass, and the finding distinguishes the two causes', () => {
    const candidate = measurement({ probes: probes() });
    expect(findingsOn(candidate, measurement())).toEqual([
      { kind: 'probes-not-run', level: LEVEL, side: 'baseline', cause: null },
    ]);
    expect(findingsOn(candidate, measurement({ probes: { status: 'notRun', reason: 'no tokenizer' } }))).toEqual([
      { kind: 'probes-not-run', level: LEVEL, side: 'baseline', cause: 'no tokenizer' },
    ]);
  });

  it('items that did not run are named; if they are most of the suite, that is never a pass', () => {
    const leftOut = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ suite: 'builtin', id: `long ${i}`, reason: 'too long' }));
    const named = leftOut(3).map(({ id, reason }) => ({ id, reason }));
    const found = (count: number) =>
      ofKind('left-out', findingsOn(probesOnly(probes({ leftOut: leftOut(count) })), probesOnly(probes())));
    expect(found(0)).toEqual([]);
    expect(found(200)).toEqual([{ kind: 'left-out', level: 'info', named, items: 200, ran: 200, isMost: false }]);
    expect(found(201)).toEqual([{ kind: 'left-out', level: LEVEL, named, items: 201, ran: 200, isMost: true }]);
  });

  it('a suite of which no item ran fails against a baseline that answered it, and is never a pass alone', () => {
    const leftOut = [{ suite: 'builtin', id: 'a', reason: 'too long' }];
    const mute = probesOnly(probes({ items: [], leftOut }));
    expect(reportOn(mute, probesOnly(probes()))).toMatchObject({
      verdict: 'fail',
    });
    expect(findingsOn(mute, probesOnly(probes()))[0]).toMatchObject({ kind: 'items-lost', level: 'fail', items: 200 });
    expect(reportOn(mute, mute)).toMatchObject({
      verdict: 'inconclusive',
      probes: null,
      findings: [
        { kind: 'no-answers', level: LEVEL },
        { kind: 'left-out', level: LEVEL, ran: 0 },
      ],
    });
  });

  it('warnings about the probe files reach the report', () => {
    const notes = ['one', 'two', 'three', 'four'];
    expect(ofKind('probe-notes', findingsOn(probesOnly(probes({ notes })), probesOnly(probes())))).toEqual([
      { kind: 'probe-notes', level: 'info', named: ['one', 'two', 'three'], notes: 4 },
    ]);
  });

  it('facts that the baseline did not answer are counted as not compared', () => {
    const findings = findingsOn(probesOnly(probes()), probesOnly(probes({ items: answers(90) })));
    expect(ofKind('unpaired', findings)).toEqual([{ kind: 'unpaired', level: 'info', facts: 100, paired: 90 }]);
  });
});
