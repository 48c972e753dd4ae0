import { expect, it } from 'vitest';
import { pairAnswers } from '../../../src/compare/pairing/pair.ts';
import { answers, probes, probesOnly, reportOn } from '../measurement.ts';

it.each([
  ['a chance level of 1', { chance: 1 }],
  ['another form', { form: 'benchmark' as const }],
  ['another fact', { fact: 'elsewhere' }],
  ['another capability', { capability: 'elsewhere' }],
])('a candidate whose lost twins claim %s still fails', (_, over) => {
  const lost = answers(200).map((item, i) => (item.form === 'twin' && i < 120 ? { ...item, correct: false } : item));
  const honest = reportOn(probesOnly(probes({ items: lost })), probesOnly(probes({ items: answers(200) })));
  expect(honest.verdict).toBe('fail');
  const forged = lost.map((item) => (item.form === 'twin' ? { ...item, ...over } : item));
  const report = reportOn(probesOnly(probes({ items: forged })), probesOnly(probes({ items: answers(200) })));
  expect(report.verdict).toBe('fail');
  expect(report.findings).toEqual(expect.arrayContaining(honest.findings));
});

it('an item is what the baseline says it is, and only the answer is that of the candidate', () => {
  const [one] = pairAnswers(
    probes({ items: answers(2).map((item) => ({ ...item, prompt: 'forged' })) }),
    probes(),
  ).facts;
  expect(one?.benchmark.prompt).toBe(answers(1)[0]?.prompt);
});
