import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sequence, SequenceScore } from '@shadow-gate/language-model/engine';
import { at } from '@shadow-gate/platform';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../../../../test/fixtures.ts';
import { languageModel } from '../../../../test/language-models.ts';
import { readTensors } from '../../../checkpoints/test/read-tensors.ts';
import { float32, writeSafetensors } from '../../../checkpoints/test/write-safetensors.ts';
import { generator, randomTokens, shuffled, wholeNumber } from '../../../platform/test/random.ts';
import { BackboneSession } from '../../src/runtime/backbone-session.ts';
import type { ForwardBatch } from '../../src/runtime/batches.ts';
import type { OnnxEngine } from '../../src/runtime/onnx-engine.ts';
import {
  argmax,
  difference,
  type EngineChanges,
  logSoftmax,
  openKvCache,
  rowsOf,
  TOLERANCE,
  withEngine,
} from './engines.ts';

/**
 * Scores of sequences in one call must equal those of each sequence alone, in every kind of attention and positions.
 */

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
export const KINDS: Readonly<Record<string, ModelKind>> = {
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
  'keys and values of other layers': {
    name: 'gemma4-text-v5',
    config: { max_position_embeddings: 250 },
    shared: 210,
  },
  'several hidden states': { name: 'gemma3n-text', config: { max_position_embeddings: 250 }, shared: 210 },
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

/** Kinds of the default suite; score.slow.test.ts has the others. */
export const DEFAULT_KINDS: readonly string[] = [
  'full attention',
  'softcap, every other layer slides',
  'alibi',
  'LongRoPE, switching after 48 tokens',
];

export const VOCABULARY = 64;

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
export async function alone(engine: OnnxEngine, { context, continuation }: Sequence): Promise<SequenceScore> {
  const logits = await engine.logits([...context, ...continuation.slice(0, -1)]);
  const rows = rowsOf(logits, VOCABULARY).slice(context.length - 1);
  return {
    tokenLogprobs: rows.map((row, i) => logSoftmax(row)[at(continuation, i)] as number),
    greedy: rows.every((row, i) => argmax(row) === continuation[i]),
  };
}

export function expectScores(found: readonly SequenceScore[], expected: readonly SequenceScore[], what: string): void {
  expect(found).toHaveLength(expected.length);
  for (const [i, { tokenLogprobs, greedy }] of expected.entries()) {
    const apart = difference(found[i]?.tokenLogprobs ?? [], tokenLogprobs);
    expect(apart, `${what}, sequence ${i}`).toBeLessThanOrEqual(TOLERANCE);
    expect(found[i]?.greedy, `${what}, sequence ${i}`).toBe(greedy);
  }
}

/** Every batch of the backbone from now on. */
export function watchBatches(): ForwardBatch[] {
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

function kindOf(name: string): ModelKind {
  const kind = KINDS[name];
  if (!kind) throw new Error(`there is no kind ${name}`);
  return kind;
}

export function describeKinds(names: readonly string[]): void {
  describe.each(names.map((name) => [name, kindOf(name)] as const))(
    '%s: the log-likelihood of a sequence',
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

      it('is the same as alone, whatever other sequences are scored with it, in any order', async () => {
        const order = shuffled(generator(2), [...sequences.keys()]);
        const pick = <T>(list: readonly T[], which: readonly number[]) => which.map((i) => at(list, i));
        await withEngine(path, { config }, async (engine) => {
          expectScores(await engine.score(sequences), expected, 'all together');
          expectScores(await engine.score(pick(sequences, order)), pick(expected, order), 'in another order');
          for (const i of order.slice(0, 4)) {
            expectScores(await engine.score(pick(sequences, [i])), pick(expected, [i]), `${i} on its own`);
          }
        });
      });

      it('is the same with shared prefixes and without, and shared ones save most of the work', async () => {
        const batches = watchBatches();
        await withEngine(path, { config, growTrees: false }, async (engine) => {
          expectScores(await engine.score(sequences), expected, 'prefixes of their own');
        });
        expect(batches.some(usesPrefix)).toBe(true);
        const reused = tokensIn(batches.splice(0));
        await withEngine(path, { config }, (engine) => engine.score(sequences));
        expect(batches.some(usesPrefix)).toBe(false);
        const inTrees = tokensIn(batches.splice(0));
        await withEngine(path, { config, reusePrefixes: false }, async (engine) => {
          expectScores(await engine.score(sequences), expected, 'nothing shared');
          expect(batches.some(usesPrefix)).toBe(false);
          if (shared > 200) expect(Math.max(reused, inTrees)).toBeLessThan(tokensIn(batches) / 3);
          await openKvCache(engine);
          expectScores(await engine.score(sequences), expected, 'nothing shared, in the graph with a KV cache');
        });
      });

      it('is the same in little memory, in chunks', async () => {
        const batches = watchBatches();
        await withEngine(path, { config, batchBytes: 2 ** 20 }, async (engine) => {
          expectScores(await engine.score(sequences), expected, 'in chunks');
        });
        if (shared > 200) expect(Math.max(...batches.map(({ batch, length }) => batch * length))).toBeLessThan(shared);
      });
    },
  );
}
