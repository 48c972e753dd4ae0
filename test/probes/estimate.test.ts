import { expect, it } from 'vitest';
import type { Model } from '../../src/language-model/model.ts';
import { planWithin } from '../../src/probes/estimate.ts';
import { builtinSuite } from '../../src/probes/suite.ts';
import { scripted } from './scripted.ts';

const { items } = builtinSuite(1);

/** A model that takes a millisecond for each thousand characters that it reads, and five seconds to open. */
function slow(): { answerer: Model; now: () => number } {
  const model = scripted(items, () => 0);
  let time = 0;
  let isOpen = false;
  return {
    now: () => time,
    answerer: {
      ...model,
      score: (requests, onTruncation) => {
        if (!isOpen) time += 5000;
        isOpen = true;
        const contexts = new Set(requests.map((request) => (request.kind === 'text' ? request.context : '')));
        for (const context of contexts) time += context.length / 10;
        return model.score(requests, onTruncation);
      },
    },
  };
}

const options = { chatTemplate: false, maxNewTokens: 8, seed: 1 };

it('takes all without a budget, and knows what that takes to a factor of two', async () => {
  const { answerer, now } = slow();
  const { items: chosen, seconds } = await planWithin(items, null, answerer, { ...options, now });
  expect(chosen).toEqual(items);
  const truth = items.reduce((sum, { prompt }) => sum + prompt.length / 10, 0) / 1000;
  expect(seconds).toBeGreaterThan(truth / 2);
  expect(seconds).toBeLessThan(truth * 2);
});

it('takes what fits, more of it for more time, and the opening counts', async () => {
  const plan = async (budget: number) => {
    const { answerer, now } = slow();
    return planWithin(items, budget, answerer, { ...options, now });
  };
  const [short, long] = [await plan(12), await plan(20)];
  expect(short.seconds).toBeLessThanOrEqual(7);
  expect(long.items.length).toBeGreaterThan(short.items.length);
  const more = new Set(long.items.map(({ id }) => id));
  expect(short.items.every(({ id }) => more.has(id))).toBe(true);
});

it('takes one fact where there is no time for any', async () => {
  const { answerer, now } = slow();
  expect((await planWithin(items, 0.001, answerer, { ...options, now })).items).toHaveLength(2);
});
