import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Continuation, Prompt } from '../../../src/language-model/engine.ts';
import { TrunkRunner } from '../../../src/language-model/runtime/backbone-session.ts';
import type { OnnxEngine } from '../../../src/language-model/runtime/onnx-engine.ts';
import { generator, randomTokens } from '../random.ts';
import { argmax, type EngineChanges, languageModel, NO_STOPS, rowsOf, withEngine } from './engines.ts';

/** Greedy decoding by definition: all logits again for every token. */
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
  ['mixture of experts', 'qwen3-moe', {}],
  ['learned positions', 'gpt2', {}],
  ['partial rotary, parallel residuals', 'gpt-neox', {}],
  ['layers without positions', 'smollm3-nope', {}],
  // Each prompt crosses 16 tokens, after which all earlier positions turn otherwise.
  ['LongRoPE, beyond its switch', 'phi3-longrope', {}],
  ['little memory', 'llama', { batchBytes: 2 ** 15 }],
];

afterEach(() => {
  vi.restoreAllMocks();
});

describe('greedy decoding of many prompts is that of each alone, with all logits computed anew', () => {
  it.each(KINDS)('%s (%s)', async (_, name, changes) => {
    const expected = await withEngine(languageModel(name), changes, async (engine) => {
      const made: Continuation[] = [];
      for (const one of PROMPTS) made.push(await byHand(engine, one));
      return made;
    });
    // Else the test says little.
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

  it('computes prompts together and keeps what it computed', async () => {
    const run = vi.spyOn(TrunkRunner.prototype, 'run');
    await generate([prompt([1, 2, 3, 4], 3), prompt([9], 3)]);
    expect(run.mock.calls.map(([{ batch, length, past }]) => [batch, length, past?.length ?? 0])).toEqual([
      [2, 4, 0],
      [2, 1, 4],
      [2, 1, 5],
    ]);
  });

  it('ends with a stop token, which is part of the answer, and leaves the others alone', async () => {
    const [free, other] = await generate([prompt([7, 8, 9], 8), prompt([30, 2], 8)]);
    const stop = free?.tokens[3] ?? -1;
    const first = free?.tokens.indexOf(stop) ?? -1;
    const [stopped, same] = await generate([prompt([7, 8, 9], 8, new Set([stop])), prompt([30, 2], 8)]);
    expect(stopped).toEqual({ tokens: free?.tokens.slice(0, first + 1), finish: 'stop' });
    expect(same).toEqual(other);
    expect(other?.finish).toBe('length');
  });

  it('asks after each token if that is enough', async () => {
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

  it('of no tokens, and of no prompts', async () => {
    expect(await generate([prompt([1, 2], 0)])).toEqual([{ tokens: [], finish: 'length' }]);
    expect(await generate([])).toEqual([]);
  });

  it.each(['gpt2', 'llama'])(
    'a long prompt beside one that grows long (%s): both fit, the batch does not',
    async (name) => {
      await withEngine(languageModel(name), {}, async (engine) => {
        const long = prompt(randomTokens(generator(6), engine.maxLength - 2, 60), 2);
        const short = prompt([5, 6], engine.maxLength - 2);
        const expected = [await byHand(engine, long), await byHand(engine, short)];
        expect(await engine.generate([long, short])).toEqual(expected);
      });
    },
  );

  it('scores and decodes in turn with one engine', async () => {
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
