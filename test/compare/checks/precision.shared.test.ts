import { expect, it } from 'vitest';
import type { Measurement } from '../../../src/measure/schema/measurement.ts';
import { phraseLine } from '../../../src/report/render/terminal/phrase.ts';
import { describeFinding } from '../../../src/report/summary/finding.ts';
import { answers, findingsOn, measurement, ofKind, probes, probesOnly, reportOn } from '../measurement.ts';

type Precision = NonNullable<NonNullable<Measurement['run']['probes']>['precision']>;

const FLOAT32: Precision = { arithmetic: 'float32', weights: 'float32' };

/** Answers that were made like that; `undefined`: as a version that did not write down the precision. */
function answered(by: string, precision?: Precision | null, items = answers()): Measurement {
  const { run } = measurement();
  const how = { by, seconds: 1, expectedSeconds: 1, ...(precision === undefined ? {} : { precision }) };
  return probesOnly(probes({ items }), { run: { ...run, probes: how } });
}

const found = (candidate: Measurement, baseline: Measurement) =>
  ofKind('other-precision', findingsOn(candidate, baseline));

const local = answered('on cpu (requested)', FLOAT32);

it('answers in float32 are compared without a word, whatever their weights were in memory', () => {
  const onGpu = answered('on cuda (Tesla T4)', { arithmetic: 'float32', weights: '16-bit' });
  expect(found(local, onGpu)).toEqual([]);
  expect(found(onGpu, answered('on cpu (requested)'))).toEqual([]);
});

it('answers of a server compared with those in float32 are a note with the tolerance, and change no verdict', () => {
  const server = answered('by m at its endpoint', null);
  expect(found(server, local)).toEqual([
    {
      kind: 'other-precision',
      level: 'info',
      candidate: null,
      baseline: 'float32',
      tolerance: 0.05,
      close: 0,
      answers: 200,
    },
  ]);
  expect(found(local, server)).toMatchObject([{ candidate: 'float32', baseline: null }]);
  expect(found(local, answered('by m at its endpoint'))).toMatchObject([{ baseline: null }]);
  expect(reportOn(server, local).verdict).toBe(reportOn(local, local).verdict);
});

it('two servers, neither of which says its precision, are not told apart', () => {
  expect(found(answered('by m at its endpoint', null), answered('by n at its endpoint'))).toEqual([]);
});

it('names arithmetic of 16 bits, and counts the answers whose lead is within the tolerance', () => {
  const items = answers().map((item, i) => (i < 3 ? { ...item, margin: 0.04 } : item));
  const server = answered('by m at its endpoint', { arithmetic: '16-bit', weights: '16-bit' }, items);
  const [finding] = found(local, server);
  expect(finding).toMatchObject({ candidate: 'float32', baseline: '16-bit', close: 3, answers: 200 });
  expect(finding && phraseLine(describeFinding(finding))).toBe(
    "The baseline was answered with arithmetic of 16 bits, the candidate in float32. Arithmetic of 16 bits changes log-probabilities by up to about 0.05 a token on average. 3 of the baseline's 200 answers have a smaller lead.",
  );
});
