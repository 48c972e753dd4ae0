import { expect, it } from 'vitest';
import { churnRows } from '../../../src/compare/estimates/churn.ts';
import { fact, facts } from '../probes/facts.ts';

const churn = (of: Parameters<typeof churnRows>[0]['facts']) => churnRows({ facts: of, unjudged: [], groups: [] });

it('answers that changed are counted by form and by kind of twin', () => {
  const all = [
    ...facts(3, '10', ['11'], { kind: 'open', name: 'a' }),
    ...facts(2, '01', ['10'], { kind: 'format', name: 'b' }),
    ...facts(1, '00', ['00'], { kind: 'format', name: 'c' }),
  ];
  expect(churn(all)).toEqual([
    { form: 'benchmark', kind: null, items: 6, rightToWrong: 3, wrongToRight: 2, changed: 5, kl: null },
    { form: 'twin', kind: 'open', items: 3, rightToWrong: 0, wrongToRight: 0, changed: 0, kl: null },
    { form: 'twin', kind: 'format', items: 3, rightToWrong: 2, wrongToRight: 0, changed: 2, kl: null },
  ]);
});

it('the divergence is that of the choices, from the baseline to the candidate: .5 log(.5/.25) + .5 log(.5/.75) = .1438', () => {
  const one = fact('x', '11', ['11']);
  const withShares = {
    ...one.exam,
    // The likelihood of all choices together carries no information.
    baseline: { ...one.exam.baseline, logprobs: [Math.log(0.5) - 7, Math.log(0.5) - 7] },
    candidate: { ...one.exam.candidate, logprobs: [Math.log(0.25) - 2, Math.log(0.75) - 2] },
  };
  const [row] = churn([{ ...one, exam: withShares, benchmark: withShares }]);
  expect(row?.kl).toBeCloseTo(0.143841, 6);
});
