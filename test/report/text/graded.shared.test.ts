import { expect, it } from 'vitest';
import { plain } from '../../../src/report/text/phrase.ts';
import { gradedNotes } from '../../../src/report/text/probes.ts';
import { reportOn } from '../../compare/measurement.ts';
import { gradedBaseline, gradedCandidate } from '../../compare/sequential/graded-worlds.ts';
import { probeReport } from '../fixtures.ts';

const baseline = gradedBaseline(1);

it('graded outcomes are shown with their bounds, and at which sharpness of each model', () => {
  const { probes } = reportOn(gradedCandidate(baseline, { noise: 0.2 }, 2), baseline);
  const [outcomes = '', sharpness = ''] = (probes ? gradedNotes(probes.comparison) : []).map(plain);
  expect(outcomes).toMatch(/^Expected accuracy [−+]0\.\d.points \([−+]0\.\d to [−+]\d\.\d\), answer likelihood /);
  expect(outcomes).toContain('over 720 answers with one-sided bounds.');
  // Without scaled logits that of the vocabulary is not known.
  const part = String.raw`logits × 1\.00 → 1\.00, choices × \d\.\d\d → \d\.\d\d on`;
  expect(sharpness).toMatch(
    new RegExp(`^Sharpness, at which each model is compared: ${part} exams; ${part} other forms\\.$`),
  );
});

it('nothing is said where right or wrong is all that is known', () => {
  expect(gradedNotes(probeReport('notes').comparison)).toEqual([]);
});
