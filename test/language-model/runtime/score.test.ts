import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Sequence, SequenceScore } from '../../../src/language-model/engine.ts';
import { BackboneSession } from '../../../src/language-model/runtime/backbone-session.ts';
import type { ForwardBatch } from '../../../src/language-model/runtime/batches.ts';
import type { OnnxEngine } from '../../../src/language-model/runtime/onnx-engine.ts';
import { float32, writeSafetensors } from '../../checkpoint/write-safetensors.ts';
import { temporaryFolder } from '../../fixtures.ts';
import { generator, randomTokens, shuffled, wholeNumber } from '../random.ts';
import { readTensors } from '../read-tensors.ts';
import {
  argmax,
  difference,
  type EngineChanges,
  languageModel,
  logSoftmax,
  NO_STOPS,
  openKvCache,
  rowsOf,
  TOLERANCE,
  withEngine,
} from './engines.ts';

interface ModelKind {
  readonly name: string;
  /** Where the fixture itself does not suffice, a function that writes another checkpoint. */
  readonly path?: () => string;
  /** Longer contexts than the fixtures have, where only config.json limits them. */
  readonly config?: EngineChanges['config'];
  /** Number of tokens that the contexts share. */
  readonly shared: number;
}

/** Kinds of attention, positions and layers. */
const KINDS: Readonly<Record<string, ModelKind>> = {
  'full attention': { name: 'llama', config: { max_position_embeddings: 250 }, shared: 210 },
  'sliding window': { name: 'mistral', config: { max_position_embeddings: 250 }, shared: 210 },
  'window wider than the prefix': {
    name: 'qwen2-window',
    config: { sliding_window: 215, max_position_embeddings: 250 },
    shared: 210,
  },
  'softcap, every other layer slides': { name: 'gemma2', config: { max_position_embeddings: 250 }, shared: 210 },
  'two rotary bases': { name: 'gemma3-text', config: { max_position_embeddings: 250 }, shared: 210 },
  alibi: { name: 'falcon-alibi', config: { max_position_embeddings: 250 }, shared: 210 },
  'mixture of experts': { name: 'mixtral', config: { max_position_embeddings: 250 }, shared: 210 },
  'no positions in some layers': { name: 'smollm3-nope', config: { max_position_embeddings: 250 }, shared: 210 },
  'fused attention': { name: 'gemma', config: { max_position_embeddings: 250 }, shared: 210 },
  'learned positions': { name: 'gpt2', path: longGpt2, config: { n_positions: 250 }, shared: 210 },
  // The requests are on both sides of the length from which it uses other frequencies.
  'LongRoPE, switching after 48 tokens': {
    name: 'phi3-longrope',
    config: { original_max_position_embeddings: 48, max_position_embeddings: 100 },
    shared: 34,
  },
  'LongRoPE, switching after 220 tokens': {
    name: 'phi3-longrope',
    config: { original_max_position_embeddings: 220, max_position_embeddings: 250 },
    shared: 210,
  },
};

const VOCABULARY = 64;

/** The fixture has 30 learned positions; this one has 250 random ones. */
function longGpt2(): string {
  const folder = temporaryFolder();
  const random = generator(10);
  const written = [...readTensors(join(languageModel('gpt2'), 'model.safetensors'))].map(([name, tensor]) => {
    if (name !== 'wpe.weight') return [name, float32(tensor.shape, [...tensor.values])] as const;
    const width = tensor.shape[1] ?? 0;
    return [
      name,
      float32(
        [250, width],
        Array.from({ length: 250 * width }, () => random() - 0.5),
      ),
    ] as const;
  });
  writeSafetensors(join(folder, 'model.safetensors'), Object.fromEntries(written));
  copyFileSync(join(languageModel('gpt2'), 'config.json'), join(folder, 'config.json'));
  return folder;
}

/** Requests whose contexts share tokens in every way: see the comments. */
function requestsOf(seed: number, shared: number, maxLength: number): Sequence[] {
  const random = generator(seed);
  const tokens = (count: number) => randomTokens(random, count, VOCABULARY);
  const some = (least: number, most: number) => tokens(wholeNumber(random, least, most));
  const prefix = tokens(shared);
  // At most half of what is left behind the shared tokens.
  const nested = [...prefix, ...tokens(Math.min(12, Math.floor((maxLength - shared) / 2)))];
  const room = maxLength - nested.length;
  const contexts = [
    ...Array.from({ length: 5 }, () => [...prefix, ...some(1, Math.min(12, room))]),
    ...Array.from({ length: 4 }, () => [...nested, ...some(1, Math.min(4, room - 2))]),
    prefix,
    nested,
    nested.slice(0, -1),
    ...Array.from({ length: 4 }, () => some(1, Math.min(maxLength - 4, 14))),
    [3],
  ];
  const sequences = contexts.flatMap((context) =>
    Array.from({ length: wholeNumber(random, 1, 2) }, () => ({
      context,
      continuation: some(1, Math.min(5, maxLength + 1 - context.length)),
    })),
  );
  const [first, second] = sequences;
  if (!first || !second) throw new Error('no sequences');
  return [
    ...sequences,
    // Two identical requests, a continuation that begins another one, and one as long as the model allows.
    first,
    { ...first },
    { context: second.context, continuation: second.continuation.slice(0, 1) },
    { context: second.context, continuation: [...second.continuation.slice(0, 1), 7] },
    { context: prefix, continuation: tokens(maxLength + 1 - prefix.length) },
  ];
}

/** The scores from all logits of the sequence alone, in float64. */
async function alone(engine: OnnxEngine, { context, continuation }: Sequence): Promise<SequenceScore> {
  const logits = await engine.logits([...context, ...continuation.slice(0, -1)]);
  const rows = rowsOf(logits, VOCABULARY).slice(context.length - 1);
  return {
    tokenLogprobs: rows.map((row, i) => logSoftmax(row)[continuation[i] as number] as number),
    greedy: rows.every((row, i) => argmax(row) === continuation[i]),
  };
}

function expectScores(found: readonly SequenceScore[], expected: readonly SequenceScore[], what: string): void {
  expect(found).toHaveLength(expected.length);
  for (const [i, { tokenLogprobs, greedy }] of expected.entries()) {
    const apart = difference(found[i]?.tokenLogprobs ?? [], tokenLogprobs);
    expect(apart, `${what}, sequence ${i}`).toBeLessThanOrEqual(TOLERANCE);
    expect(found[i]?.greedy, `${what}, sequence ${i}`).toBe(greedy);
  }
}

afterEach(() => {
  vi.restoreAllMocks();
});

/** Every batch of the backbone from now on. */
function watchBatches(): ForwardBatch[] {
  const batches: ForwardBatch[] = [];
  vi.restoreAllMocks();
  const run = BackboneSession.prototype.run;
  vi.spyOn(BackboneSession.prototype, 'run').mockImplementation(function (this: BackboneSession, batch) {
    batches.push(batch);
    return run.call(this, batch);
  });
  return batches;
}

const tokensIn = (batches: readonly ForwardBatch[]) =>
  batches.reduce((sum, { batch, length }) => sum + batch * length, 0);
const usesPrefix = ({ kvCache }: ForwardBatch) => kvCache !== null && kvCache.length > 0;

describe.each(Object.entries(KINDS))(
  '%s: the log-likelihood of a sequence is the same as alone',
  (_, { name, path: make = () => languageModel(name), config = {}, shared }) => {
    const path = make();
    let sequences: Sequence[] = [];
    const expected: SequenceScore[] = [];
    beforeAll(async () => {
      await withEngine(path, { config }, async (engine) => {
        sequences = requestsOf(1, shared, engine.maxLength);
        for (const sequence of sequences) expected.push(await alone(engine, sequence));
      });
    });

    it('whatever other sequences are scored with it, in any order', async () => {
      const order = shuffled(generator(2), [...sequences.keys()]);
      const pick = <T>(list: readonly T[], which: readonly number[]) => which.map((i) => list[i] as T);
      await withEngine(path, { config }, async (engine) => {
        expectScores(await engine.score(sequences), expected, 'all together');
        expectScores(await engine.score(pick(sequences, order)), pick(expected, order), 'in another order');
        for (const i of order.slice(0, 4)) {
          expectScores(await engine.score(pick(sequences, [i])), pick(expected, [i]), `${i} on its own`);
        }
      });
    });

    it('with shared prefixes and without, and shared ones save most of the work', async () => {
      const batches = watchBatches();
      await withEngine(path, { config }, (engine) => engine.score(sequences));
      expect(batches.some(usesPrefix)).toBe(true);
      const reused = tokensIn(batches.splice(0));
      await withEngine(path, { config, reusePrefixes: false }, async (engine) => {
        expectScores(await engine.score(sequences), expected, 'nothing shared');
        expect(batches.some(usesPrefix)).toBe(false);
        if (shared > 200) expect(reused).toBeLessThan(tokensIn(batches) / 3);
        await openKvCache(engine);
        expectScores(await engine.score(sequences), expected, 'nothing shared, in the graph with a KV cache');
      });
    });

    it('in little memory, in chunks', async () => {
      const batches = watchBatches();
      await withEngine(path, { config, batchBytes: 2 ** 20 }, async (engine) => {
        expectScores(await engine.score(sequences), expected, 'in chunks');
      });
      if (shared > 200) expect(Math.max(...batches.map(({ batch, length }) => batch * length))).toBeLessThan(shared);
    });
  },
);

describe('score', () => {
  it('computes a question once for all of its choices', async () => {
    const question = randomTokens(generator(3), 40, VOCABULARY);
    const sequences = [1, 2, 3, 4].map((choice) => ({ context: question, continuation: [choice, 5] }));
    const batches = watchBatches();
    await withEngine(languageModel('llama'), {}, (engine) => engine.score(sequences));
    // The question, and the first token of each choice.
    expect(batches.map(({ batch, length }) => [batch, length])).toEqual([[1, 44]]);
  });

  it('scores many choices after a short question', async () => {
    // More tokens side by side than the longest sequence has.
    const sequences = Array.from({ length: 60 }, (_, i) => ({ context: [5, 6], continuation: [i, 63 - i, i] }));
    await withEngine(languageModel('llama'), {}, async (engine) => {
      const expected: SequenceScore[] = [];
      for (const sequence of sequences) expected.push(await alone(engine, sequence));
      expectScores(await engine.score(sequences), expected, 'all choices');
    });
  });

  it('works in chunks of 32 tokens if there is no memory for more', async () => {
    const random = generator(9);
    const question = randomTokens(random, 45, VOCABULARY);
    const sequences = [
      { context: question, continuation: [1, 2, 3] },
      { context: question, continuation: [4] },
      { context: [...question, 7], continuation: [5, 6] },
      { context: [9], continuation: [8] },
    ];
    for (const name of ['gemma3-text', 'falcon-alibi', 'qwen3-moe']) {
      const expected: SequenceScore[] = [];
      await withEngine(languageModel(name), {}, async (engine) => {
        for (const sequence of sequences) expected.push(await alone(engine, sequence));
      });
      await withEngine(languageModel(name), { batchBytes: 1 }, async (engine) => {
        const batches = watchBatches();
        expectScores(await engine.score(sequences), expected, name);
        expect(Math.max(...batches.map(({ batch, length }) => batch * length))).toBe(32);
      });
    }
  });

  it('computes the shots of few-shot questions once', async () => {
    const random = generator(4);
    const shots = randomTokens(random, 200, VOCABULARY);
    const sequences = Array.from({ length: 8 }, (_, i) => ({
      context: [...shots, i, ...randomTokens(random, 9, VOCABULARY)],
      continuation: [1],
    }));
    const batches = watchBatches();
    const config = { max_position_embeddings: 400 };
    await withEngine(languageModel('llama'), { config }, (engine) => engine.score(sequences));
    expect(batches.map(({ batch, length, kvCache }) => [batch, length, kvCache?.length ?? 0])).toEqual([
      [1, 200, 0],
      [1, 80, 200],
    ]);
  });

  it('returns nothing for no sequences', async () => {
    expect(await withEngine(languageModel('llama'), {}, (engine) => engine.score([]))).toEqual([]);
  });

  it('rejects a token that is not in the vocabulary, and the engine still works', async () => {
    await withEngine(languageModel('llama'), {}, async (engine) => {
      const score = (continuation: number[]) => engine.score([{ context: [1], continuation }]);
      for (const token of [64, -1, 1.5]) await expect(score([token])).rejects.toThrow(`token ${token} is not in the`);
      const prompt = { tokens: [99], maxNewTokens: 1, stopTokens: NO_STOPS };
      await expect(engine.generate([prompt])).rejects.toThrow(/token 99/);
      expect(await score([63])).toHaveLength(1);
    });
  });

  it('takes as many tokens as the model reads, and one more that it predicts', async () => {
    await withEngine(languageModel('gpt2'), {}, async (engine) => {
      expect(engine.maxLength).toBe(30);
      const full = { context: Array<number>(29).fill(1), continuation: [2, 3] };
      expect(await engine.score([full])).toHaveLength(1);
      await expect(engine.score([{ ...full, continuation: [2, 3, 4] }])).rejects.toThrow(/31 tokens/);
    });
  });
});
