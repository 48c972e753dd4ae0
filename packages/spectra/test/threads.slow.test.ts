import { vi } from 'vitest';
import { itBoundsAgree, itExactValuesAgree } from './thread-agreement.ts';

/** By default onnxruntime takes as many threads as the machine has cores. */
const threads = vi.hoisted(() => ({ count: 1, sessions: 0 }));

vi.mock('onnxruntime-node', async (importOriginal) => {
  const ort = await importOriginal<typeof import('onnxruntime-node')>();
  const create = (graph: Uint8Array, options: object) => {
    threads.sessions += 1;
    return ort.InferenceSession.create(graph, { ...options, intraOpNumThreads: threads.count });
  };
  return { ...ort, InferenceSession: { create } };
});

// Large enough that neither is computed completely: above the sizes of the Gram matrix and of the Krylov basis.
const CASES = [
  ['heavyTail', 1280, 1200],
  ['gaussian', 1200, 1320],
  ['lowRankAndNoise', 1200, 1200],
] as const;

itBoundsAgree(threads, CASES);
itExactValuesAgree(threads, CASES);
