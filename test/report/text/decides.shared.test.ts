import { expect, it } from 'vitest';
import type { InstrumentPower } from '../../../src/compare/tests/instrument-power.ts';
import { DEFAULT_POLICY } from '../../../src/policy/policy.ts';
import { plain } from '../../../src/report/text/phrase.ts';
import { decidesSentence } from '../../../src/report/text/probes.ts';

const powers = (deviation: number): InstrumentPower[] => [
  { instrument: 'right-or-wrong', deviation: 0.2, limit: 0.05 },
  { instrument: 'expected-accuracy', deviation, limit: 0.05 },
];
const sentence = (deviation: number, facts: number) =>
  plain(decidesSentence(powers(deviation), facts, DEFAULT_POLICY) ?? []).replaceAll('\u00a0', ' ');

// z(0.95) + z(0.8) = 1.6449 + 0.8416 = 2.4865, by a table of the normal distribution.
it('a user of a first baseline knows whether its questions can end with a pass', () => {
  // 2.4865 · 0.05 ÷ √360 = 0.66 points.
  expect(sentence(0.05, 360)).toBe(
    '360 facts rule out a loss of 0.7 points of expected accuracy, and a pass has to rule out 5 points.',
  );
  // 2.4865 · 0.4 ÷ √100 = 9.9 points; (2.4865 · 0.4 ÷ 0.05)² = 395.7.
  expect(sentence(0.4, 100)).toBe(
    '100 facts rule out no less than a loss of 9.9 points of expected accuracy, and a pass has to rule out 5 points: it takes 396 facts (facts of the built-in suite, or more questions).',
  );
});

it('nothing is said of answers without choices', () => {
  expect(decidesSentence([], 360, DEFAULT_POLICY)).toBeNull();
});
