import type { ProbeItemMeasurement } from '@shadow-gate/probes/answer';
import { Random } from '@shadow-gate/probes/random';
import { expect, it } from 'vitest';
import { probes, probesOnly, reportOn, SUITE } from '../measurement.ts';
import { slack } from '../probes/simulated-shares.ts';

const FAMILIES = ['a', 'b', 'c', 'd', 'e', 'f'];
const FACTS = 60;
const CHANCE = 0.25;
const SPREAD = 2;
/** Some 10% of the answers of equals differ. */
const NOISE = 0.8 / Math.SQRT2;
const PAIRS = 400;

/**
 * Two measurements of the built-in suite, each family at one level, by models that are equal but for `fallen` families,
 * in which the candidate guesses.
 * @param mean margin of a family's items: 0 is half right, −0.5 at the edge of guessing
 */
function pairOf(seed: number, mean: (family: number) => number, fallen = 0) {
  const random = new Random(seed, 'levels');
  const uniform = () => (random.int(0, 2 ** 30) + 0.5) / (2 ** 30 + 1);
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const sides: Record<'baseline' | 'candidate', ProbeItemMeasurement[]> = { baseline: [], candidate: [] };
  for (const [f, family] of FAMILIES.entries()) {
    for (let i = 0; i < FACTS; i += 1) {
      const knowledge = mean(f) + SPREAD * 0.8 * normal();
      for (const form of ['benchmark', 'twin'] as const) {
        const latent = knowledge + SPREAD * 0.6 * normal();
        for (const side of ['baseline', 'candidate'] as const) {
          const guesses = side === 'candidate' && f < fallen;
          const margin = guesses ? uniform() - (1 - CHANCE) : latent + NOISE * normal();
          const correct = margin > 0;
          sides[side].push({
            suite: SUITE.name,
            id: `${family}-${i}.${form}`,
            fact: `${family}-${i}.benchmark`,
            capability: ['reasoning', 'composition', 'recall'][Math.floor(f / 2)] ?? '',
            family,
            cluster: form,
            form,
            prompt: '',
            right: 'right',
            given: correct ? 'right' : 'wrong',
            correct,
            chance: CHANCE,
            margin,
            probability: 1 / (1 + Math.exp(-margin)),
            logprobs: null,
            ...(form === 'twin' ? { kind: 'fresh' as const } : {}),
            answers: 'text',
            level: 3,
          });
        }
      }
    }
  }
  const levels = FAMILIES.map((family) => ({ family, count: 7, asked: [3] }));
  const of = (items: ProbeItemMeasurement[]) =>
    probesOnly(probes({ suites: [{ ...SUITE, levels, items: items.length }], items }));
  return reportOn(of(sides.candidate), of(sides.baseline), { only: 'probes' });
}

const shares = (mean: (family: number) => number, fallen = 0) => {
  const reports = Array.from({ length: PAIRS }, (_, seed) => pairOf(seed, mean, fallen));
  return {
    fails: reports.filter(({ verdict }) => verdict === 'fail').length / PAIRS,
    levels: reports.filter(({ findings }) => findings.some(({ kind }) => kind === 'level-lost')).length / PAIRS,
  };
};

it.each([
  ['well within their range', () => 1],
  ['at the edge of guessing', () => -0.5],
  ['some of each', (family: number) => (family % 2 ? 1 : -0.5)],
])('equal models at levels %s fail at most 5%% of the time', (_, mean) => {
  const { fails, levels } = shares(mean);
  expect(fails).toBeLessThanOrEqual(0.05 + slack(0.05, PAIRS));
  expect(levels).toBeLessThanOrEqual(0.01);
});

it('a candidate that guesses in one family of six, where its baseline had 70%, falls a level nearly always', () => {
  const { fails, levels } = shares(() => 1, 1);
  expect(fails).toBeGreaterThanOrEqual(0.95);
  expect(levels).toBeGreaterThanOrEqual(0.95);
});
