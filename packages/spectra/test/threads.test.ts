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

// The bounds of a matrix that the Krylov basis does not span, and exact values of several blocks of panels.
itBoundsAgree(threads, [['heavyTail', 1120, 1100]]);
itExactValuesAgree(threads, [['heavyTail', 320, 300]]);
