// The matrices that `npm run bench:spectra` measures. Each follows from a seed.
import { open } from 'node:fs/promises';
import { at } from '@shadow-gate/platform';
import { safetensorsHeader } from './safetensors-file.ts';

const KINDS = ['heavy', 'flat', 'low-rank'] as const;

/** Directions of the low-rank part, and the noise that is added to it. */
const LOW_RANK = 16;
const NOISE = 0.01;

/** Exponent by which the column norms of a heavy tail decay. */
const DECAY = 0.6;

/** Streams of the generator, far from those that the fast method draws its own probe vectors from. */
const FIRST_STREAM = 1000;
const STREAMS_PER_SEED = 4;

/** A matrix to draw. */
interface Drawn {
  /** `heavy`: columns that decay as a power, in random order; `flat`: Gaussian; `low-rank`: 16 directions and noise. */
  readonly kind: string;
  readonly m: number;
  readonly n: number;
  readonly seed: number;
}

/** Standard normal numbers of a stream. */
type Gaussian = (stream: number, count: number) => Float32Array;

/** Row-major float32 [m, n]. */
export function matrixOf({ kind, m, n, seed }: Drawn, gaussian: Gaussian): Float32Array {
  const stream = (of: number) => FIRST_STREAM + STREAMS_PER_SEED * seed + of;
  const matrix = gaussian(stream(0), m * n);
  if (kind === 'heavy') {
    const order = gaussian(stream(1), n);
    const places = Array.from(order.keys()).sort((a, b) => at(order, a) - at(order, b));
    scaleColumns(
      matrix,
      Float32Array.from(places, (place) => (place + 1) ** -DECAY / Math.sqrt(n)),
    );
  } else if (kind === 'flat') {
    scaleColumns(matrix, new Float32Array(n).fill(1 / Math.sqrt(n)));
  } else if (kind === 'low-rank') {
    scaleColumns(matrix, new Float32Array(n).fill(NOISE / Math.sqrt(n)));
    addProduct(matrix, { left: gaussian(stream(1), m * LOW_RANK), right: gaussian(stream(2), LOW_RANK * n), n });
  } else {
    throw new Error(`unknown kind ${kind}: use ${KINDS.join(', ')}`);
  }
  return matrix;
}

/** Write a safetensors file with one tensor, `weight`. @param dtype `f32` or `bf16`, rounded to nearest */
export async function writeMatrix(
  file: string,
  matrix: Float32Array,
  shape: readonly [number, number],
  dtype: string,
): Promise<void> {
  const data = dtype === 'bf16' ? bfloat16(matrix) : matrix;
  const { bytes } = safetensorsHeader([{ name: 'weight', dtype: dtype === 'bf16' ? 'BF16' : 'F32', shape }]);
  const handle = await open(file, 'w');
  try {
    for (const part of [bytes, new Uint8Array(data.buffer)]) await handle.writeFile(part);
  } finally {
    await handle.close();
  }
}

function scaleColumns(matrix: Float32Array, scales: Float32Array): void {
  for (let row = 0; row < matrix.length; row += scales.length) {
    for (const [j, scale] of scales.entries()) matrix[row + j] = at(matrix, row + j) * scale;
  }
}

/** matrix + left [m, 16] · right [16, n] / n. */
function addProduct(
  matrix: Float32Array,
  { left, right, n }: { readonly left: Float32Array; readonly right: Float32Array; readonly n: number },
): void {
  for (let i = 0; i * n < matrix.length; i += 1) {
    for (let k = 0; k < LOW_RANK; k += 1) {
      const factor = at(left, i * LOW_RANK + k) / n;
      for (let j = 0; j < n; j += 1) matrix[i * n + j] = at(matrix, i * n + j) + factor * at(right, k * n + j);
    }
  }
}

function bfloat16(matrix: Float32Array): Uint16Array {
  const words = new Uint32Array(matrix.buffer);
  const halves = new Uint16Array(words.length);
  for (const [i, word] of words.entries()) halves[i] = (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  return halves;
}
