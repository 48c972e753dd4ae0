import { expect, it } from 'vitest';
import { measuredNotes } from '../../../src/report/text/measurement-facts.ts';
import { plain } from '../../../src/report/text/phrase.ts';
import { probeReport } from '../fixtures.ts';

const { comparison } = probeReport('mmlu.csv');

/** The same of one measurement, without a baseline. */
const alone = {
  ...comparison,
  labels: comparison.labels.map((row) => ({ ...row, baseline: null })),
  kept: comparison.kept.map((row) => ({ ...row, baseline: null, p: 1, baselineP: row.candidate === 96 ? 1e-9 : 0.5 })),
};

it('somebody who is about to approve a memorizer reads that its letters are memorized, and how large the gap is', () => {
  const text = measuredNotes(alone).map(plain);
  expect(text).toEqual([
    expect.stringMatching(
      /^On mmlu\.csv, the model answers .* letters are not judged, only the text of an answer is\.$/,
    ),
    'Old letter kept after shuffling, on mmlu.csv: 96 of 100 (25.0% by guessing; p < 0.0001). It memorized letters, so as a baseline it is no yardstick. In the exam 100.0% of its answers are right, no options 37.0%, other items 31.0%, new questions 25.0%.',
    expect.stringMatching(/^Level reached: /),
  ]);
});

it('a measurement without lettered questions and levels needs no such line', () => {
  expect(measuredNotes({ ...alone, labels: [], kept: [], levels: [] })).toEqual([]);
});
