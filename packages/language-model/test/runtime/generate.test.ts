import type { Continuation, Prompt } from '@shadow-gate/language-model/engine';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { languageModel } from '../../../../test/language-models.ts';
import { generator, randomTokens } from '../../../platform/test/random.ts';
import { BackboneSession } from '../../src/runtime/backbone-session.ts';
import type { OnnxEngine } from '../../src/runtime/onnx-engine.ts';
import { argmax, type EngineChanges, NO_STOPS, rowsOf, withEngine } from './engines.ts';

/** Greedy decoding by definition: all logits are computed again for every token. */
async function byHand(engine: OnnxEngine, { tokens, maxNewTokens, stopTokens }: Prompt): Promise<Continuation> {
  const made: number[] = [];
  while (made.length < maxNewTokens) {
    const logits = await engine.logits([...tokens, ...made]);
    const next = argmax(rowsOf(logits, engine.vocabulary).at(-1) ?? []);
    made.push(next);
    if (stopTokens.has(next)) return { tokens: made, finish: 'stop' };
  }
  return { tokens: made, finish: 'length' };
}

const prompt = (tokens: readonly number[], maxNewTokens: number, stopTokens = NO_STOPS): Prompt => ({
  tokens,
  maxNewTokens,
  stopTokens,
});

const random = generator(5);
/** Longer and shorter than the windows of the fixtures, which are 5 or 6. */
const PROMPTS = [1, 3, 4, 9, 9, 13].map((length, i) =>
  prompt(randomTokens(random, length, 60), [12, 7, 9, 9, 1, 12][i] ?? 0),
);

const KINDS: ReadonlyArray<[string, string, EngineChanges]> = [
  ['full attention', 'llama', {}],
  ['sliding window', 'mistral', {}],
  ['window and softcap', 'gemma2', {}],
  ['two rotary bases', 'gemma3-text', {}],
  ['alibi', 'falcon-alibi', {}],
  ['alibi, a norm of embeddings, residuals of norms', 'bloom-normed', {}],
  ['positions from row 2 on, smaller embeddings, norms behind sums', 'opt-350m', {}],
  ['one key for all heads, learned positions', 'gpt-bigcode', {}],
  ['mixture of experts', 'qwen3-moe', {}],
  ['learned positions', 'gpt2', {}],
  ['partial rotary, parallel residuals', 'gpt-neox', {}],
  ['layers without positions', 'smollm3-nope', {}],
  ['keys and values of other layers', 'gemma4', {}],
  ['several hidden states', 'gemma3n-text', {}],
  ['keys and values of other layers, in little memory', 'gemma4-text-v5', { batchBytes: 2 ** 15 }],
  // Each prompt crosses 16 tokens, from which on all positions have other frequencies.
  ['LongRoPE, beyond its switch', 'phi3-longrope', {}],
  ['little memory', 'llama', { batchBytes: 2 ** 15 }],
];

afterEach(() => {
  vi.restoreAllMocks();
});

describe('greedy decoding of many prompts', () => {
  it.each(KINDS)('equals that of each alone, without a KV cache: %s (%s)', async (_, name, changes) => {
    const expected = await withEngine(languageModel(name), changes, async (engine) => {
      const made: Continuation[] = [];
      for (const one of PROMPTS) made.push(await byHand(engine, one));
      return made;
    });
    // Otherwise the test would show little.
    expect(new Set(expected.flatMap(({ tokens }) => tokens)).size).toBeGreaterThan(5);
    await withEngine(languageModel(name), changes, async (engine) => {
      expect(await engine.generate(PROMPTS)).toEqual(expected);
      expect(await engine.generate([...PROMPTS].reverse())).toEqual([...expected].reverse());
    });
  });
});

describe('generate', () => {
  const path = languageModel('llama');
  const generate = (prompts: readonly Prompt[]) => withEngine(path, {}, (engine) => engine.generate(prompts));

  it('decodes prompts together, and computes no token twice', async () => {
    const run = vi.spyOn(BackboneSession.prototype, 'run');
    await generate([prompt([1, 2, 3, 4], 3), prompt([9], 3)]);
    expect(run.mock.calls.map(([{ batch, length, kvCache }]) => [batch, length, kvCache?.length ?? 0])).toEqual([
      [2, 4, 0],
      [2, 1, 4],
      [2, 1, 5],
    ]);
  });

  it('ends with a stop token, which is part of the answer, without effect on other prompts', async () => {
    const [free, other] = await generate([prompt([7, 8, 9], 8), prompt([30, 2], 8)]);
    const stop = free?.tokens[3] ?? -1;
    const first = free?.tokens.indexOf(stop) ?? -1;
    const [stopped, same] = await generate([prompt([7, 8, 9], 8, new Set([stop])), prompt([30, 2], 8)]);
    expect(stopped).toEqual({ tokens: free?.tokens.slice(0, first + 1), finish: 'stop' });
    expect(same).toEqual(other);
    expect(other?.finish).toBe('length');
  });

  it('calls isDone after each token', async () => {
    const [free] = await generate([prompt([7, 8, 9], 8)]);
    const asked: number[] = [];
    const isDone = (tokens: readonly number[]) => {
      asked.push(tokens.length);
      return tokens.length === 5;
    };
    expect(await generate([{ ...prompt([7, 8, 9], 8), isDone }, prompt([1], 8)])).toMatchObject([
      { tokens: free?.tokens.slice(0, 5), finish: 'stop' },
      { finish: 'length' },
    ]);
    expect(asked).toEqual([1, 2, 3, 4, 5]);
  });

  it('accepts a limit of no tokens, and no prompts', async () => {
    expect(await generate([prompt([1, 2], 0)])).toEqual([{ tokens: [], finish: 'length' }]);
    expect(await generate([])).toEqual([]);
  });

  it.each(['gpt2', 'llama'])(
    'decodes a long prompt and one with a long answer, which do not fit into one batch (%s)',
    async (name) => {
      await withEngine(languageModel(name), {}, async (engine) => {
        const long = prompt(randomTokens(generator(6), engine.maxLength - 2, 60), 2);
        const short = prompt([5, 6], engine.maxLength - 2);
        const expected = [await byHand(engine, long), await byHand(engine, short)];
        expect(await engine.generate([long, short])).toEqual(expected);
      });
    },
  );

  it('scores and decodes alternately with one engine', async () => {
    await withEngine(path, {}, async (engine) => {
      const sequence = { context: [1, 2, 3], continuation: [4, 5] };
      const before = await engine.score([sequence]);
      const made = await engine.generate([prompt([1, 2, 3], 4)]);
      const [again] = await engine.score([sequence]);
      expect(again?.tokenLogprobs[0]).toBeCloseTo(before[0]?.tokenLogprobs[0] ?? 0, 5);
      expect(await engine.generate([prompt([1, 2, 3], 4)])).toEqual(made);
    });
  });
});
