import { LOGIT_FACTORS } from '@shadow-gate/language-model/engine';
import { at } from '@shadow-gate/platform';
import { choiceProbability } from '@shadow-gate/probes/outcome';
import { describe, expect, it } from 'vitest';
import { expectedChange, gradeItems, likelihoodChange } from '../../../src/compare/pairing/graded.ts';
import type { PairedFact, PairedItem, ProbeAnswer } from '../../../src/compare/pairing/paired-item.ts';
import { measureGradedLoss } from '../../../src/compare/tests/graded-losses.ts';
import { DEFAULT_POLICY } from '../../../src/policy/policy.ts';
import { fact } from '../probes/facts.ts';

const RIGHT = [0, 2, 1, 3, 0, 0, 1, 2];
const LOGPROBS = [
  [-7.6039, -8.6487, -6.4967, -5.1591],
  [-3.7279, -5.7806, -7.1053, -7.5696],
  [-4.5025, -2.7304, -5.4545, -8.4667],
  [-7.9165, -2.8, -5.5942, -9.4643],
  [-6.1674, -8.3265, -7.2586, -6.976],
  [-7.4266, -4.8932, -6.1262, -7.1789],
  [-5.1807, -4.3403, -9.286, -6.5135],
  [-7.9615, -6.3463, -8.5788, -5.9586],
];
const LENGTHS = [
  [2, 5, 4, 5],
  [8, 3, 5, 4],
  [4, 7, 3, 4],
  [2, 3, 3, 6],
  [6, 5, 3, 7],
  [7, 3, 2, 4],
  [3, 7, 5, 5],
  [4, 5, 8, 3],
];

function logSoftmax(logits: readonly number[], factor: number): number[] {
  const all = logits.map((logit) => factor * logit);
  const total = Math.log(all.reduce((sum, logit) => sum + Math.exp(logit), 0));
  return all.map((logit) => logit - total);
}

/**
 * A vocabulary of five, whose logits are multiplied by a factor: what an engine says of four choices. Each is a token,
 * or as many as have logits of their own after it.
 */
function scored(logits: readonly number[], right: number, { factor, more }: Scored): ProbeAnswer {
  const logprobsAt = (times: number) =>
    logSoftmax(logits, times * factor)
      .slice(0, 4)
      .map((first, i) => (more[i] ?? []).reduce((sum, next) => sum + at(logSoftmax(next, times * factor), i), first));
  const logprobs = logprobsAt(1);
  const scaledLogprobs = logprobs.map((_, i) => LOGIT_FACTORS.map((times) => at(logprobsAt(times), i)));
  const correct = logprobs.every((value, i) => i === right || value < at(logprobs, right));
  const likelihood = { logprob: at(logprobs, right), bytes: 3, scaled: at(scaledLogprobs, right) };
  return {
    correct,
    given: '',
    margin: 0,
    probability: choiceProbability({ logprobs, lengths: null }, right),
    logprobs,
    ...(more.length > 0 ? { scaledLogprobs } : {}),
    likelihood,
  };
}

interface Scored {
  readonly factor: number;
  readonly more: ReadonlyArray<ReadonlyArray<readonly number[]>>;
}

function itemOf(i: number, answers: Pick<PairedItem, 'baseline' | 'candidate'> & Partial<PairedItem>): PairedItem {
  return { ...fact(`f${i}`, '11', []).benchmark, ...answers };
}

describe('expected accuracy', () => {
  it('is the probability of the right choice at the sharpness that makes right choices likeliest', () => {
    const items = LOGPROBS.map((logprobs, i) => {
      const likelihood = { logprob: at(logprobs, at(RIGHT, i)), bytes: 4 };
      const answer = {
        correct: false,
        given: '',
        margin: 0,
        probability: 0.1,
        logprobs,
        likelihood,
        lengths: at(LENGTHS, i),
      };
      return itemOf(i, { baseline: answer, candidate: answer });
    });
    const { items: graded, sharpness } = gradeItems(items);
    // By a ternary search in NumPy, over the softmax of log-likelihood ÷ length × mean length.
    expect(sharpness[0]?.baseline.choices).toBeCloseTo(0.169889, 4);
    const expected = [0.062303, 0.218742, 0.460273, 0.281507, 0.346772, 0.393288, 0.434757, 0.361717];
    for (const [i, value] of expected.entries()) expect(graded[i]?.graded?.baseline.expected).toBeCloseTo(value, 4);
  });

  it('is right or wrong where no likelihood is known, or of one side alone', () => {
    const [won, lost] = [fact('a', '01', []).benchmark, fact('b', '10', []).benchmark];
    const known = {
      ...lost,
      baseline: { ...lost.baseline, logprobs: [-1, -2], likelihood: { logprob: -1, bytes: 1 } },
    };
    expect(gradeItems([won, known]).items.map(expectedChange)).toEqual([1, -1]);
    expect(gradeItems([won, known]).items.map((item) => likelihoodChange(item))).toEqual([null, null]);
  });
});

describe('a copy with all logits multiplied by a number', () => {
  const random = [0.3, 1.9, -0.7, 1.1, 0.2, -1.4, 0.8, 2.3, -0.1, 0.6, 1.3, -0.9];
  const logitsOf = (i: number) =>
    Array.from({ length: 5 }, (_, k) => 1.6 * at(random, (7 * i + 5 * k) % random.length));
  /** As often right as it believes, so that its own sharpness suits it. */
  const rightOf = (i: number) => {
    const weights = logitsOf(i).slice(0, 4).map(Math.exp);
    const place = ((i * 0.618) % 1) * weights.reduce((sum, weight) => sum + weight, 0);
    return weights.findIndex((_, k) => weights.slice(0, k + 1).reduce((sum, weight) => sum + weight, 0) >= place);
  };
  /** What follows the first token of a choice is likely after it. */
  const nextOf = (i: number, choice: number) => logitsOf(i).map((logit, k) => (k === choice ? logit + 2 : logit));
  /** Choices of one token, or of one, two, three and two. */
  const moreOf = (i: number, isLong: boolean) =>
    isLong ? [[], [nextOf(i + 1, 1)], [nextOf(i + 2, 2), nextOf(i + 3, 2)], [nextOf(i + 4, 3)]] : [];
  const pairs = (factor: number, isLong: boolean) =>
    Array.from({ length: 60 }, (_, i) => {
      const answer = (by: number) => scored(logitsOf(i), rightOf(i), { factor: by, more: moreOf(i, isLong) });
      return itemOf(i, { baseline: answer(1), candidate: answer(factor) });
    });

  it.each([
    [0.5, false],
    [0.7, false],
    [0.9, true],
    [1.2, true],
    [1.5, true],
    [0.6, true],
  ])('by %d is neither a loss nor a gain, choices of several tokens: %s', (factor, isLong) => {
    const { items, sharpness } = gradeItems(pairs(factor, isLong));
    const [form] = sharpness;
    expect((form?.baseline.choices ?? 0) / (form?.candidate.choices ?? 0)).toBeCloseTo(1, 1);
    expect((form?.baseline.vocabulary ?? 0) / (form?.candidate.vocabulary ?? 0)).toBeCloseTo(factor, 1);
    for (const item of items) expect(Math.abs(expectedChange(item))).toBeLessThan(isLong ? 0.01 : 1e-3);
    const facts = items.map((item): PairedFact => ({ ...fact('f', '11', []), benchmark: item }));
    const loss = measureGradedLoss({ capability: null, suite: null, facts }, DEFAULT_POLICY);
    expect(Math.abs(loss?.likelihood?.value ?? 1)).toBeLessThan(0.004);
    expect(Math.abs(loss?.expected.value ?? 1)).toBeLessThan(0.002);
    // Without that, it would be far beyond the limit.
    const raw = items.reduce(
      (sum, { candidate, baseline }) =>
        sum + (candidate.likelihood?.logprob ?? 0) - (baseline.likelihood?.logprob ?? 0),
      0,
    );
    if (factor === 0.5) expect(Math.abs(raw / (3 * items.length))).toBeGreaterThan(0.03);
  });
});
