import type { Model } from '@shadow-gate/language-model';
import { describe, expect, it } from 'vitest';
import { estimatePasses, estimateRun } from '../src/estimate.ts';
import type { ProbeItem } from '../src/item.ts';
import { answerLimit } from '../src/run.ts';
import { builtinSuite } from '../src/suite.ts';
import { atMiddleLevels, scripted } from './scripted.ts';

const { items } = atMiddleLevels(builtinSuite(1));

/** A model that takes 0.1 ms for each character that it reads, and five seconds to open. */
function slow(): { model: Model; now: () => number } {
  const base = scripted(items, () => 0);
  let time = 0;
  let isOpen = false;
  return {
    now: () => time,
    model: {
      ...base,
      score: (requests, onTruncation) => {
        if (!isOpen) time += 5000;
        isOpen = true;
        const contexts = new Set(requests.map((request) => (request.kind === 'text' ? request.context : '')));
        for (const context of contexts) time += context.length / 10;
        return base.score(requests, onTruncation);
      },
    },
  };
}

const options = { chatTemplate: false, maxNewTokens: 8, seed: 1 };

it('selects all items without a budget, and estimates their time within a factor of two', async () => {
  const { model, now } = slow();
  const { items: chosen, seconds } = await estimateRun(items, model, { ...options, budgetSeconds: null, now });
  expect(chosen).toEqual(items);
  const truth = items.reduce((sum, { prompt }) => sum + prompt.length / 10, 0) / 1000;
  expect(seconds).toBeGreaterThan(truth / 2);
  expect(seconds).toBeLessThan(truth * 2);
});

it('selects what fits the budget, more for a larger one, and counts the time to open the model', async () => {
  const estimate = async (budgetSeconds: number) => {
    const { model, now } = slow();
    return estimateRun(items, model, { ...options, budgetSeconds, now });
  };
  const [short, long] = [await estimate(12), await estimate(20)];
  expect(short.seconds).toBeLessThanOrEqual(7);
  expect(long.items.length).toBeGreaterThan(short.items.length);
  const more = new Set(long.items.map(({ id }) => id));
  for (const { id } of short.items) expect(more).toContain(id);
});

it('selects one fact if there is no time for any', async () => {
  const { model, now } = slow();
  const estimate = await estimateRun(items, model, { ...options, budgetSeconds: 0.001, now });
  expect(estimate.items).toHaveLength(2);
});

describe('layer by layer', () => {
  const model = scripted(items, () => 0);
  const families = [...new Set(items.map(({ family }) => family))];
  const written = new Set(families.filter((_, i) => i % 2 === 0));
  const longest = 5;
  const mixed = items.map((item): ProbeItem => {
    if (!written.has(item.family)) return item;
    return { ...item, question: { kind: 'exact', target: '1', maxNewTokens: longest } };
  });
  const scored = items.filter(({ family }) => !written.has(family));
  const cost = { read: 60, open: 30, perToken: 0.001 };

  it('takes one pass for all scores, and one for each token of the longest answer', () => {
    const alone = estimatePasses(scored, model, { ...cost, perToken: 0 }, { ...options, budgetSeconds: null });
    expect(alone).toMatchObject({ seconds: 90, allSeconds: 90, items: scored });
    const all = estimatePasses(mixed, model, { ...cost, perToken: 0 }, { ...options, budgetSeconds: null });
    expect(all.seconds).toBe(90 * (1 + longest));
  });

  it('chooses what a time limit leaves time for, and asks no written answers where there is time for few passes', () => {
    const within = (budgetSeconds: number) =>
      estimatePasses(mixed, model, { ...cost, perToken: 0.1 }, { ...options, budgetSeconds });
    const [few, more] = [within(300), within(90 * (2 + longest) + 600)];
    expect(few.seconds).toBeLessThanOrEqual(300);
    expect(few.leavesOutWritten).toBe(true);
    expect(few.items.every((item) => answerLimit(item, options) === 0)).toBe(true);
    expect(few.items.length).toBeGreaterThan(0);
    expect(more).toMatchObject({ leavesOutWritten: false });
    expect(more.items.some((item) => answerLimit(item, options) > 0)).toBe(true);
    expect(more.items.length).toBeLessThan(items.length);
    // Not even one pass: at least one fact.
    expect(within(1).items).toHaveLength(2);
  });
});
