import { LOGIT_FACTORS } from '@shadow-gate/language-model/engine';
import type { Metrics } from '@shadow-gate/spectra/metrics-schema';
import { expect, it } from 'vitest';
import { parseMeasurement } from '../../../src/measure/schema/read.ts';
import { measurementText } from '../../../src/measure/schema/write.ts';
import { answers, measurement, probes, SUITE } from '../../compare/measurement.ts';

/** The matrices with other metrics in the first of them. */
function edited(over: Partial<Metrics>) {
  return measurement().tensors.map((tensor, i) =>
    i === 0 && tensor.metrics ? { ...tensor, metrics: { ...tensor.metrics, ...over } } : tensor,
  );
}

const CHOICE = { correct: true, margin: 1, logprobs: [-1, -2] };
const improbable = () => answers(1).map((item) => ({ ...item, ...CHOICE, probability: 0.8 }));
const asNone = () =>
  answers(1).map((item) => ({ ...item, ...CHOICE, probability: 0.7311, likelihood: { logprob: -3, bytes: 1 } }));
/** log p of one token of two at factors of 0.5 to 2 is concave: here it jumps. */
const bent = () =>
  answers(1).map((item) => ({
    ...item,
    ...CHOICE,
    probability: 0.7311,
    likelihood: { logprob: -1, bytes: 1, scaled: [-1.5, -1.4, -0.9, -1.2, -0.5, -0.4] },
  }));
/** Curves of two choices that may be, of which the right one has another in its own likelihood. */
const curved = () =>
  bent().map((item) => {
    const curve = (logprob: number) =>
      LOGIT_FACTORS.map((factor) => Math.log(2) * (1 - factor) * -1 + factor * logprob);
    const likelihood = { logprob: -1, bytes: 1, scaled: curve(-1).map((value) => value - 0.01) };
    return { ...item, likelihood, scaledLogprobs: [curve(-1), curve(-2)] };
  });
const lying = () =>
  answers(1).map((item) => ({ ...item, correct: true, margin: -1, probability: 0.2, logprobs: [-2, -1] }));

/** Answers of which so many of five samples are right; what `answers` has right or wrong stays. */
const sampled = (correct: number, of = 5) => ({
  suites: [{ ...SUITE, sampling: { samples: 5, temperature: 0.7 } }],
  items: answers(1).map((item) => ({ ...item, probability: null, samples: { correct, of } })),
});

const described = (form: string, over: object) =>
  answers(1).map((item) => (item.form === form ? { ...item, ...over } : item));

const parse = (value: unknown) => parseMeasurement(JSON.stringify(value), 'm.json');

it('a measurement that was written is read', () => {
  expect(parse(measurement())).toEqual(measurement());
});

it('a file of version 0.1, which has a note on the missing ratio, is read', () => {
  const { model, ...rest } = measurement();
  expect(() => parse({ ...rest, model: { delta: model.delta && { ...model.delta, note: 'no ratio' } } })).not.toThrow();
});

it.each<[string, object]>([
  ['null summaries of measured updates', { model: { delta: null } }],
  ['no groups', { groups: [] }],
  ['a smaller ratio', { model: { delta: { ...measurement().model.delta, mlpAttentionRatio: 0.1 } } }],
  ['fewer matrices than its summaries', { tensors: measurement().tensors.slice(1) }],
  ['a matrix that is there twice', { tensors: [...measurement().tensors, ...measurement().tensors.slice(0, 1)] }],
  ['an exact rank of null', { tensors: edited({ rank: null }) }],
  ['a rank above its shape', { tensors: edited({ rank: 1e9 }) }],
  ['bounds in the wrong order', { tensors: edited({ stableRank: { value: 2, low: 3, high: 1 } }) }],
  ['matrices and no method', { method: null }],
  ['a count of NaN below 0', { nonFinite: [{ name: 'w', nan: -1, inf: 0 }] }],
  ['an answer that its log-probabilities contradict', { probes: probes({ items: lying() }) }],
  ['a probability that its log-likelihoods contradict', { probes: probes({ items: improbable() }) }],
  ['a right answer as likely as no choice', { probes: probes({ items: asNone() }) }],
  ['scaled logits that are no curve of one', { probes: probes({ items: bent() }) }],
  ['choices with scaled logits of which none is the right answer', { probes: probes({ items: curved() }) }],
  ['a benchmark form of a kind of twin', { probes: probes({ items: described('benchmark', { kind: 'open' }) }) }],
  ['a label that is right as before', { probes: probes({ items: described('twin', { oldLabel: 'green' }) }) }],
  [
    'old labels that contradict the old label',
    { probes: probes({ items: described('twin', { oldLabel: 'pink', oldLabels: { green: 'red', red: 'pink' } }) }) },
  ],
  ['more right samples than there are', { probes: probes(sampled(6)) }],
  ['an answer that most of its samples are not', { probes: probes(sampled(3)) }],
  ['other samples than its suite says', { probes: probes(sampled(1, 4)) }],
  ['an answer without the samples of its suite', { probes: probes({ ...sampled(1), items: answers(1) }) }],
  ['samples of a suite that is not sampled', { probes: probes({ items: sampled(1).items }) }],
  ['a group of twins of a suite that was not asked', { probes: probes({ suites: [{ ...SUITE, twinsOf: 'other' }] }) }],
])('a measurement with %s is refused', (_, over) => {
  expect(() => parse({ ...measurement(), ...over })).toThrow(/m\.json contradicts itself/);
});

it('sampled answers are read, and written as a table', () => {
  const own = measurement({ probes: probes(sampled(2)) });
  expect(parse(own).probes).toEqual(own.probes);
  expect(parseMeasurement(measurementText(own), 'm.json').probes).toEqual(own.probes);
});

it('the same with the curve of the right answer is read', () => {
  const items = curved().map((item) => ({
    ...item,
    likelihood: { ...item.likelihood, scaled: item.scaledLogprobs[0] },
  }));
  expect(parse({ ...measurement(), probes: probes({ items }) }).probes).toMatchObject({ items });
});

it('a right answer whose lead is rounded to 0 contradicts nothing', () => {
  const items = probes().items.map((item) => ({
    ...item,
    correct: true,
    margin: 0,
    probability: 0.5,
    logprobs: [-1, -1],
  }));
  expect(() => parse({ ...measurement(), probes: probes({ items }) })).not.toThrow();
});
