import { describe, expect, it } from 'vitest';
import { pairAnswers } from '../../src/compare/probes/pair.ts';
import { runSuites } from '../../src/measure/measure-probes.ts';
import type { MeasuredProbes } from '../../src/measure/schema/probes.ts';
import { DEFAULT_POLICY } from '../../src/policy/policy.ts';
import type { ProbeItem } from '../../src/probes/item.ts';
import { Random } from '../../src/probes/random.ts';
import { builtinSuite } from '../../src/probes/suite.ts';
import { judgeFacts } from '../compare/probes/findings.ts';
import { type Script, scripted } from '../probes/scripted.ts';

const suite = builtinSuite(1);
const order = { suites: [suite], seed: 1, chatTemplate: false, budgetSeconds: null };
const choicesOf = ({ question }: ProbeItem) => (question.kind === 'choice' ? question.choices : []);
const answerOf = ({ question }: ProbeItem) => (question.kind === 'choice' ? question.answer : -1);
const benchmarkOf = new Map(suite.items.filter(({ form }) => form === 'benchmark').map((item) => [item.fact, item]));

const oracle: Script = answerOf;

/** Has learnt by heart which label is right in the exam; it has no answer where there are no labels to choose from. */
const byPosition: Script = (item) => {
  const exam = benchmarkOf.get(item.fact);
  const hasLabels = choicesOf(item).every((choice) => /^\(?\w\)?$/.test(choice));
  return exam && (item === exam || hasLabels) ? answerOf(exam) : null;
};

/** Knows the exam; faced with anything else, copies the last number of the prompt, or its last word that is a choice. */
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

async function ask(script: Script): Promise<MeasuredProbes> {
  return (await runSuites(scripted(suite.items, script), order)).probes;
}

async function judge(candidate: Script, baseline: Script) {
  const { facts } = pairAnswers(await ask(candidate), await ask(baseline));
  const { comparison, reasons } = judgeFacts(facts, DEFAULT_POLICY);
  return { gap: comparison.rows[0]?.gap, reasons };
}

describe('a model that is not what it seems', () => {
  it('answers by the position of the exam: a large gap, and a fail', async () => {
    const { gap, reasons } = await judge(byPosition, oracle);
    expect(gap?.candidate).toBeGreaterThan(0.5);
    expect(reasons[0]).toMatchObject({ level: 'fail' });
    // Also where the baseline knew nothing: the gain in benchmark form does not carry over.
    const risen = await judge(byPosition, guesser(1));
    expect(risen.reasons.find(({ rule }) => rule === 'shadow-delta')).toMatchObject({ level: 'fail' });
  });

  it('copies the last number where it has not learnt the answer: a large gap, and a fail', async () => {
    const { gap, reasons } = await judge(copiesLast, oracle);
    expect(gap?.candidate).toBeGreaterThan(0.5);
    expect(reasons[0]).toMatchObject({ level: 'fail' });
  });
});

it('an oracle shows no gap, and passes against an oracle', async () => {
  const { gap, reasons } = await judge(oracle, oracle);
  expect(gap).toEqual({ baseline: 0, candidate: 0 });
  expect(reasons).toEqual([]);
});

describe('a uniform guesser is not informative', () => {
  it('with all choices alike', async () => {
    const { reasons } = await judge(
      () => null,
      () => null,
    );
    expect(reasons.map(({ rule, level }) => `${level} ${rule}`)).toEqual(['inconclusive not-informative']);
  });

  it('nor with a choice by the dice, whatever the dice', async () => {
    for (let seed = 0; seed < 10; seed += 1) {
      const { reasons } = await judge(guesser(2 * seed + 10), guesser(2 * seed + 11));
      expect(
        reasons.map(({ rule }) => rule),
        `seed ${seed}`,
      ).toEqual(['not-informative']);
    }
  });
});
