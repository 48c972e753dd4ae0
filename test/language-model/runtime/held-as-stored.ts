import { vi } from 'vitest';
import type { OnnxEngine } from '../../../src/language-model/runtime/onnx-engine.ts';
import { ort } from '../../../src/onnx/session.ts';
import { type EngineChanges, NO_STOPS, withEngine } from './engines.ts';

/**
 * What 16-bit weights that stay 16 bit compute, on the CPU: nothing of it needs a GPU. All fixtures are of 16 bits, and the parts
 * that are expanded are so small that most matrices are more than one.
 */
export const AS_STORED = { held: 'as-stored', mostExpanded: 512 } as const;

/** These run in an operator of the CPU's own where weights are float32, which adds in another order. */
export const EXPERTS = ['mixtral', 'qwen3-moe'];

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
 * Everything that an engine computes, with weights as they are stored and in float32. The CPU packs float32 weights, and adds the
 * products of packed ones in another order: here it does not.
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
