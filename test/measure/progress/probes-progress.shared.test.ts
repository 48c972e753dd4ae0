import type { Progress } from '@shadow-gate/platform/progress';
import type { ProbeItem } from '@shadow-gate/probes/item';
import { expect, it } from 'vitest';
import { probesProgress } from '../../../src/measure/progress/probes-progress.ts';

const chunk = (family: string, count: number): ProbeItem[] =>
  Array.from(
    { length: count },
    (_, i): ProbeItem =>
      ({
        id: `${family} ${i}`,
        fact: `${i}`,
        form: 'benchmark',
        family,
        capability: family,
        cluster: family,
        prompt: 'How many?',
        question: { kind: 'choice', choices: ['1', '2'], answer: 0, scoring: 'raw' },
      }) as ProbeItem,
  );

it('counts the items of all suites that this machine runs, those in progress as fractions', () => {
  const [mine, other, next] = [chunk('a', 60), chunk('b', 40), chunk('c', 20)];
  const options = { maxNewTokens: 8 };
  const seen: Progress[] = [];
  const suites = [
    { chunks: [mine, other], options, seconds: 100 },
    { chunks: [next], options, seconds: 20 },
  ];
  const progress = probesProgress(suites, new Set([mine, next]), (one) => seen.push(one));
  progress(0)(30);
  const report = progress(1);
  report(20);
  expect(seen.map(({ done, total }) => [done, total])).toEqual([
    [0, 80],
    [30, 80],
    [60, 80],
    [80, 80],
  ]);
  // 60 of the 100 items take 60 of the 100 seconds, a little less since some text is read once; the other suite 20.
  expect(seen[0]?.secondsLeft).toBeGreaterThan(78);
  expect(seen[0]?.secondsLeft).toBeLessThan(80);
  expect(seen.at(-1)?.secondsLeft).toBeCloseTo(0, 6);
});
