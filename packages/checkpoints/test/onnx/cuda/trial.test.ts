import * as session from '@shadow-gate/checkpoints/onnx';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { tryCuda } from '../../../src/onnx/cuda/trial.ts';

const CPU = { name: 'cpu', reason: 'a device that computes rightly' } as const;

vi.mock('../../../src/onnx/session.ts', { spy: true });

afterEach(() => void vi.restoreAllMocks());

/** Round to the 10 bits of mantissa that TF32 has. */
function toTf32(value: number): number {
  const bits = new Float32Array([value]);
  const word = new Uint32Array(bits.buffer);
  word[0] = ((word[0] ?? 0) + 0x1000) & 0xffffe000;
  return bits[0] ?? 0;
}

describe('the trial of a device', () => {
  it('passes where both are computed rightly', async () => {
    expect(await tryCuda(CPU)).toBeNull();
  });

  it('finds values with the precision of TF32', async () => {
    const original = await vi.importActual<typeof session>('../../../src/onnx/session.ts');
    vi.mocked(session.float32Output).mockImplementation((...of) => original.float32Output(...of).map(toTf32));
    expect(await tryCuda(CPU)).toBe('an attention in float32 is wrong');
  });

  it('finds a product that was computed in float32', async () => {
    const original = await vi.importActual<typeof session>('../../../src/onnx/session.ts');
    vi.mocked(session.float64Output).mockImplementation((...of) => original.float64Output(...of).map(Math.fround));
    expect(await tryCuda(CPU)).toBe('a product in float64 is wrong');
  });
});
