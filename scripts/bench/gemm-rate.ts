import { ElementType, Graph } from '../../src/onnx/graph.ts';
import { type Device, openSession, tensor } from '../../src/onnx/session.ts';

const ROWS = 2048;
const SIZE = 2048;
const REPEATS = 7;

/**
 * Floating-point operations a second of a float32 product [2048, 2048] × [2048, 2048] in onnxruntime: the best of
 * several.
 */
export async function gemmRate(device: Device): Promise<number> {
  const graph = new Graph();
  const x = graph.input('x', ElementType.float32, [ROWS, SIZE]);
  const w = graph.constant(
    Array.from({ length: SIZE * SIZE }, (_, i) => Math.sin(i)),
    'float32',
    [SIZE, SIZE],
  );
  graph.output('y', graph.op('Gemm', [x, w], { transB: 1 }), ElementType.float32);
  const session = await openSession(graph, device);
  const feeds = { x: tensor.float32(new Float32Array(ROWS * SIZE).fill(0.5), [ROWS, SIZE]) };
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < REPEATS; i += 1) {
    const before = performance.now();
    await session.run(feeds);
    best = Math.min(best, (performance.now() - before) / 1000);
  }
  await session.release();
  return (2 * ROWS * SIZE * SIZE) / best;
}
