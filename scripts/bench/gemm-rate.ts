import { type Device, openSession, tensor } from '@shadow-gate/checkpoints/onnx';
import { ElementType, Graph } from '@shadow-gate/checkpoints/onnx/graph';

const ROWS = 2048;
const SIZE = 2048;

/** The float32 product [2048, 2048] × [2048, 2048] in onnxruntime, to be timed along with other work. */
export interface GemmMeter {
  /** Floating-point operations a second: the best of several runs. */
  rate(repeats?: number): Promise<number>;
  close(): Promise<void>;
}

export async function openGemmMeter(device: Device): Promise<GemmMeter> {
  const graph = new Graph();
  const x = graph.input('x', ElementType.float32, [ROWS, SIZE]);
  const w = graph.constant(
    Array.from({ length: SIZE * SIZE }, (_, i) => Math.sin(i)),
    'float32',
    [SIZE, SIZE],
  );
  graph.output('y', graph.op('Gemm', [x, w], { transB: 1 }), ElementType.float32);
  const session = await openSession(graph, device, { allowSpinning: false });
  const feeds = { x: tensor.float32(new Float32Array(ROWS * SIZE).fill(0.5), [ROWS, SIZE]) };
  return {
    async rate(repeats = 7) {
      let best = Number.POSITIVE_INFINITY;
      for (let i = 0; i < repeats; i += 1) {
        const before = performance.now();
        await session.run(feeds);
        best = Math.min(best, (performance.now() - before) / 1000);
      }
      return (2 * ROWS * SIZE * SIZE) / best;
    },
    close: () => session.release(),
  };
}

/** The same once. */
export async function gemmRate(device: Device): Promise<number> {
  const meter = await openGemmMeter(device);
  const rate = await meter.rate();
  await meter.close();
  return rate;
}
