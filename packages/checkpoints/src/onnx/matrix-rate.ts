import { ElementType, Graph } from './graph.ts';
import { type Device, openSession, tensor } from './session.ts';

/** Large enough to be fast, small enough to take some hundredths of a second. */
const SIZE = 1024;
const REPEATS = 5;

/** Floating-point operations per second of a float32 product [1024, 1024] × [1024, 1024]: the best of several. */
export async function matrixRate(device: Device): Promise<number> {
  const graph = new Graph();
  const x = graph.input('x', ElementType.float32, [SIZE, SIZE]);
  const w = graph.input('w', ElementType.float32, [SIZE, SIZE]);
  graph.output('y', graph.op('Gemm', [x, w], { transB: 1 }), ElementType.float32);
  const session = await openSession(graph, device);
  const values = new Float32Array(SIZE * SIZE).fill(0.5);
  const feeds = { x: tensor.float32(values, [SIZE, SIZE]), w: tensor.float32(values, [SIZE, SIZE]) };
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < REPEATS; i += 1) {
    const before = performance.now();
    await session.run(feeds);
    best = Math.min(best, (performance.now() - before) / 1000);
  }
  await session.release();
  return (2 * SIZE ** 3) / best;
}
