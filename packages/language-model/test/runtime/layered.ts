import type { Prompt, Sequence } from '@shadow-gate/language-model/engine';
import { expect } from 'vitest';
import type { OnnxEngine } from '../../src/runtime/onnx-engine.ts';
import { difference, type EngineChanges, NO_STOPS, withEngine } from './engines.ts';

/** Layer by layer is the same arithmetic, with one sum rounded elsewhere. */
const SAME = 1e-5;

/** Every state goes to the disk, and the output matrix is cut. */
/** Also with keys and values that a later pass reads. */
export const LAYERED: EngineChanges = { layers: 'always', growTrees: false, sizes: { stateBytes: 0, headTokens: 100 } };

const tokensFrom = (start: number, count: number, { vocabulary }: OnnxEngine) =>
  Array.from({ length: count }, (_, i) => 1 + (((start + i) * 7919) % (vocabulary - 1)));

function fitting(sequence: Sequence, { maxLength }: OnnxEngine): Sequence {
  const { context, continuation } = sequence;
  return { context: context.slice(-(maxLength - continuation.length)), continuation };
}

/** Without a prefix that is worth a batch of its own: the graph has no KV cache. */
export function plainSequences(engine: OnnxEngine): Sequence[] {
  const tokens = (start: number, count: number) => tokensFrom(start, count, engine);
  return [
    { context: tokens(500, 12), continuation: tokens(600, 3) },
    { context: tokens(500, 12), continuation: tokens(700, 1) },
    { context: tokens(800, 2), continuation: tokens(900, 5) },
  ];
}

/** Three contexts after one prefix, two of which have several continuations; and the others. */
export function sharingSequences(engine: OnnxEngine): Sequence[] {
  const tokens = (start: number, count: number) => tokensFrom(start, count, engine);
  const trees = [100, 200, 300].flatMap((start, i) =>
    Array.from({ length: i + 1 }, (_, j) => ({
      context: [...tokens(0, 40), ...tokens(start, 3)],
      continuation: tokens(start + 10 * j, 2 + j),
    })),
  );
  return [...trees, ...plainSequences(engine)].map((sequence) => fitting(sequence, engine));
}

export function promptsOf(engine: OnnxEngine): Prompt[] {
  return [3, 17, 22].map((length, i) => ({
    tokens: tokensFrom(1000 * i, length, engine),
    maxNewTokens: 4 + i,
    stopTokens: NO_STOPS,
  }));
}

async function answers(path: string, changes: EngineChanges) {
  return withEngine(path, changes, async (engine) => ({
    execution: engine.execution,
    plain: await engine.score(plainSequences(engine)),
    sharing: await engine.score(sharingSequences(engine)),
    made: await engine.generate(promptsOf(engine)),
    logits: await engine.logits(tokensFrom(0, 9, engine)),
  }));
}

/** @param layered how it is run layer by layer */
export async function expectSameAnswers(
  path: string,
  changes: EngineChanges = {},
  layered: EngineChanges = LAYERED,
): Promise<void> {
  const known = await answers(path, changes);
  const found = await answers(path, { ...layered, ...changes });
  expect([known.execution, found.execution]).toEqual(['whole', 'layer by layer']);
  const flat = (scores: typeof known.plain) => scores.flatMap(({ tokenLogprobs }) => [...tokenLogprobs]);
  for (const call of ['plain', 'sharing'] as const) {
    expect(difference(flat(found[call]), flat(known[call])), call).toBeLessThanOrEqual(SAME);
    expect(found[call].map(({ greedy }) => greedy)).toEqual(known[call].map(({ greedy }) => greedy));
  }
  expect(difference(found.logits, known.logits), 'logits').toBeLessThanOrEqual(SAME);
  expect(found.made).toEqual(known.made);
}
