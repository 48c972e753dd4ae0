import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fixture } from '../../../test/fixtures.ts';
import { rightChoice } from '../src/lm-eval/choices.ts';
import { readLmEval } from '../src/lm-eval/read-benchmarks.ts';

const choices = (...texts: string[]) => texts.map((text) => ['Q', ` ${text}`]);

it.each([
  ['an index', { requests: choices('Ann', 'Bo'), target: 1, accuracy: 1 }, { choice: 1, bytes: 2 }],
  ['an index as a text', { requests: choices('Ann', 'Bo'), target: '0', accuracy: 0 }, { choice: 0, bytes: 3 }],
  ['the text of a choice', { requests: choices('Ann', 'Zoë'), target: 'Zoë', accuracy: 1 }, { choice: 1, bytes: 4 }],
  // By its text it would be the first one, and right.
  [
    'an index that is the text of another',
    { requests: choices('1', '0'), target: 1, accuracy: 1 },
    { choice: 1, bytes: 1 },
  ],
  ['nothing that acc agrees with', { requests: choices('Ann', 'Bo'), target: 0, accuracy: 1 }, undefined],
  [
    'an index that acc cannot tell from a text',
    { requests: choices('1', '0', '7'), target: 1, accuracy: 0 },
    undefined,
  ],
  ['what no acc confirms', { requests: choices('Ann', 'Bo'), target: 0, accuracy: null }, undefined],
  ['the same text in contexts of their own', { requests: choices('it', 'it'), target: 0, accuracy: 0 }, undefined],
  ['nothing', { requests: choices('undefined', 'Bo'), target: undefined, accuracy: 0 }, undefined],
  ['several right ones', { requests: choices('Ann', 'Bo'), target: [0, 1], accuracy: 1 }, undefined],
])('a target may be %s', (_, { requests, ...given }, expected) => {
  const logprobs = requests.map((__, i) => (i === requests.length - 1 ? -1 : -2));
  expect(rightChoice({ requests, logprobs, ...given })).toEqual(expected);
});

it('every document of lm-evaluation-harness with choices has one, with which its accuracy is that of the harness', async () => {
  const { tasks } = await readLmEval(join(fixture('lm-eval'), 'base'));
  const documents = tasks.flatMap((task) =>
    task.outputType === 'multiple_choice'
      ? (task.documents ?? []).map((own) => ({
          own,
          acc: own.values[task.metrics.findIndex((m) => m.metric === 'acc')],
        }))
      : [],
  );
  expect(documents.length).toBeGreaterThanOrEqual(20);
  for (const { own, acc } of documents) {
    const known = (own.logprobs ?? []).map(Number);
    expect(known.indexOf(Math.max(...known)) === own.right?.choice).toBe(acc === 1);
  }
});
