import { expect, it } from 'vitest';
import { evaluateWithoutBaseline } from '../../../src/compare/probes/evaluation.ts';
import { plannedDrop } from '../../../src/compare/tests/twin-tests.ts';
import { DEFAULT_POLICY } from '../../../src/policy/policy.ts';
import { plain } from '../../../src/report/text/phrase.ts';
import { plannedSentence } from '../../../src/report/text/probes.ts';
import { facts } from '../probes/facts.ts';

it('the power that is planned with is that of the facts which can show a drop, not of those that are guessed', () => {
  const known = facts(60, '11', ['11'], { family: 'capitals' });
  const guessed = [
    ...facts(15, '11', ['11'], { family: 'ordering' }),
    ...facts(45, '00', ['00'], { family: 'ordering' }),
  ];
  const { planned } = evaluateWithoutBaseline([...known, ...guessed], DEFAULT_POLICY);
  expect(planned).toMatchObject({ facts: 60, mde: plannedDrop(60, DEFAULT_POLICY) });
  expect(plain(plannedSentence(planned, 120))).toMatch(/^With the 60 of 120 facts in families above chance, a drop/);
  const none = evaluateWithoutBaseline(guessed, DEFAULT_POLICY).planned;
  expect(none).toMatchObject({ facts: 0, mde: null });
  expect(plain(plannedSentence(none, 60))).toMatch(/no drop in other forms can be detected/);
});
