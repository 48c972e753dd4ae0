import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { expect, vi } from 'vitest';
import { readJson } from '../../../../test/fixtures.ts';
import { LANGUAGE_MODELS, languageModel } from '../../../../test/language-models.ts';
import type { OnnxEngine } from '../../src/runtime/onnx-engine.ts';
import { difference, type EngineChanges, NO_STOPS, openKvCache, readCases, TOLERANCE, withEngine } from './engines.ts';

/**
 * What 16-bit weights that stay 16 bit compute, on the CPU: nothing of it needs a GPU. All fixtures are of 16 bits, and
 * the parts that are expanded are so small that most matrices are more than one.
 */
export const AS_STORED = { held: 'as-stored', mostExpanded: 512 } as const;

/** These run in an operator of the CPU's own where weights are float32, which adds in another order. */
export const EXPERTS = LANGUAGE_MODELS.filter((name) => {
  const config = readJson<Record<string, unknown>>(join(languageModel(name), 'config.json'));
  const counts = /^(num_experts|num_local_experts|n_routed_experts|moe_num_experts)$/;
  return Object.keys({ ...config, ...(config.text_config as object | undefined) }).some((key) => counts.test(key));
});

export const TOKENS = [1, 5, 2, 9, 4, 3, 7];

type SessionOptions = ort.InferenceSession.SessionOptions;
type Create = (graph: Uint8Array, options: SessionOptions) => Promise<ort.InferenceSession>;

/** Have every session opened with other options. @returns the sessions */
export function changeSessions(change: (options: SessionOptions) => SessionOptions): ort.InferenceSession[] {
  const sessions: ort.InferenceSession[] = [];
  const create: Create = ort.InferenceSession.create.bind(ort.InferenceSession);
  const changed: Create = async (graph, options) => {
    const session = await create(graph, change(options));
    sessions.push(session);
    return session;
  };
  vi.spyOn(ort.InferenceSession, 'create').mockImplementation(changed as typeof ort.InferenceSession.create);
  return sessions;
}

/**
 * Everything that an engine computes, with weights as they are stored and in float32. The CPU packs float32 weights,
 * and adds the products of packed ones in another order: here it does not.
 */
export async function bothWays(path: string, changes: EngineChanges = {}) {
  changeSessions((options) => {
    const { session } = options.extra as { readonly session: Readonly<Record<string, string>> };
    return { ...options, extra: { session: { ...session, disable_prepacking: '1' } } };
  });
  return {
    asStored: await withEngine(path, { ...changes, ...AS_STORED }, everything),
    inFloat32: await withEngine(path, { ...changes, held: 'float32' }, everything),
  };
}

/** Logits, log-probabilities and new tokens, without and with a KV cache. */
async function everything(engine: OnnxEngine) {
  const sequences = [
    { context: TOKENS.slice(0, 4), continuation: TOKENS.slice(4) },
    { context: [2, 3], continuation: [4] },
  ];
  const plain = [await engine.logits(TOKENS), await engine.score(sequences)];
  const generated = await engine.generate([{ tokens: TOKENS, maxNewTokens: 4, stopTokens: NO_STOPS }]);
  return [...plain, generated, await engine.logits(TOKENS), await engine.score(sequences)];
}

/**
 * The logits of a mixture of experts, where weights stay as they are stored and every expert has operators of its own.
 */
export async function expectExpertsOneByOne(name: string): Promise<void> {
  const cases = readCases(join(languageModel(name), 'expected.safetensors'));
  await withEngine(languageModel(name), AS_STORED, async (engine) => {
    const expectCases = async () => {
      for (const { tokens, logits } of cases) {
        expect(difference(await engine.logits(tokens), logits)).toBeLessThan(TOLERANCE);
      }
    };
    await expectCases();
    await openKvCache(engine);
    await expectCases();
  });
}
