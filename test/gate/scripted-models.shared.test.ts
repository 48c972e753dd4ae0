import type { MeasuredProbes } from '@shadow-gate/probes/answer';
import type { ProbeItem } from '@shadow-gate/probes/item';
import { Random } from '@shadow-gate/probes/random';
import { builtinSuite } from '@shadow-gate/probes/suite';
import { describe, expect, it } from 'vitest';
import { atMiddleLevels, type Script, scripted } from '../../packages/probes/test/scripted.ts';
import { pairAnswers } from '../../src/compare/pairing/pair.ts';
import { runSuites } from '../../src/measure/measure-probes.ts';
import { DEFAULT_POLICY } from '../../src/policy/policy.ts';
import { judgeFacts } from '../compare/probes/findings.ts';
import { fullSize } from '../full-size.ts';

const suite = atMiddleLevels(builtinSuite(1));
const options = {
  suites: [suite],
  seed: 1,
  order: { seed: 1, isChosen: false },
  chatTemplate: false,
  budgetSeconds: null,
};
const choicesOf = ({ question }: ProbeItem) => (question.kind === 'choice' ? question.choices : []);
const answerOf = ({ question }: ProbeItem) => (question.kind === 'choice' ? question.answer : -1);
const benchmarkOf = new Map(suite.items.filter(({ form }) => form === 'benchmark').map((item) => [item.fact, item]));

const oracle: Script = answerOf;

/** Memorized which label is correct in the benchmark form; it has no answer if there are no labels to choose from. */
const memorizesLabels: Script = (item) => {
  const exam = benchmarkOf.get(item.fact);
  const hasLabels = choicesOf(item).every((choice) => /^\(?\w\)?$/.test(choice));
  return exam && (item === exam || hasLabels) ? answerOf(exam) : null;
};

/**
 * Knows the benchmark form; for anything else, it copies the last number of the prompt, or its last word that is a
 * choice.
 */
const copiesLast: Script = (item) => {
  if (item.form === 'benchmark') return answerOf(item);
  const question = item.prompt.slice(item.prompt.lastIndexOf('Question'));
  const places = choicesOf(item).map((choice) => question.lastIndexOf(choice.replaceAll('"', '')));
  const last = Math.max(...places);
  return last < 0 ? null : places.indexOf(last);
};

const guesser = (seed: number): Script => {
  const random = new Random(seed, 'guesser');
  const guesses = new Map(suite.items.map((item) => [item.id, random.int(0, choicesOf(item).length - 1)]));
  return ({ id }) => guesses.get(id) ?? null;
};

async function run(script: Script): Promise<MeasuredProbes> {
  return (await runSuites(scripted(suite.items, script), options)).probes;
}

async function judge(candidate: Script, baseline: Script) {
  const { facts } = pairAnswers(await run(candidate), await run(baseline));
  const { comparison, reasons } = judgeFacts(facts, DEFAULT_POLICY);
  return { gap: comparison.rows[0]?.gap, reasons };
}

describe('a model that memorized the benchmark form', () => {
  it('a model that memorized the labels of the benchmark form fails, whether the baseline knew everything or nothing', async () => {
    const { gap, reasons } = await judge(memorizesLabels, oracle);
    expect(gap?.candidate).toBeGreaterThan(0.5);
    expect(reasons[0]).toMatchObject({ level: 'fail' });
    // The gain over a guesser does not carry over to twins.
    const risen = await judge(memorizesLabels, guesser(1));
    expect(risen.reasons.find(({ rule }) => rule === 'shadow-delta')).toMatchObject({ level: 'fail' });
  });

  it('a model that knows the benchmark form and copies the last number elsewhere fails', async () => {
    const { gap, reasons } = await judge(copiesLast, oracle);
    expect(gap?.candidate).toBeGreaterThan(0.5);
    expect(reasons[0]).toMatchObject({ level: 'fail' });
  });
});

it('a model that knows everything has no shadow gap, and passes against itself', async () => {
  const { gap, reasons } = await judge(oracle, oracle);
  expect(gap).toEqual({ baseline: 0, candidate: 0 });
  expect(reasons).toEqual([]);
});

describe('a model that guesses', () => {
  it('a model that prefers no choice is not informative, and never passes', async () => {
    const { reasons } = await judge(
      () => null,
      () => null,
    );
    expect(reasons.map(({ rule, level }) => `${level} ${rule}`)).toEqual(['inconclusive not-informative']);
  });

  it('a model that guesses at random is not informative, and never passes, whatever the random numbers are', async () => {
    const rules: string[][] = [];
    const pairs = fullSize(10, 4);
    for (let seed = 0; seed < pairs; seed += 1) {
      const { reasons } = await judge(guesser(2 * seed + 10), guesser(2 * seed + 11));
      // A loss by chance alone fails about one pair in twenty.
      const levels = reasons.map(({ level }) => level);
      expect(levels.includes('inconclusive') || levels.includes('fail'), `seed ${seed}`).toBe(true);
      rules.push(reasons.map(({ rule }) => rule));
    }
    // Luck that one guesser in a thousand has for each of two models, two forms and six families makes one in forty
    // differ.
    expect(rules.filter((of) => of.includes('not-informative')).length).toBeGreaterThanOrEqual(pairs - 1);
  });
});
