// The matrices that `npm run bench:spectra` measures. Each follows from a seed.
import { open } from 'node:fs/promises';

/** Directions of the low-rank part, and the noise beside it. */
const LOW_RANK = 16;
const NOISE = 0.01;

/** Exponent by which the column norms of a heavy tail decay. */
const DECAY = 0.6;

/** Streams of the generator, far from those that the fast method draws its own probe vectors from. */
const FIRST_STREAM = 1000;
const STREAMS_PER_SEED = 4;

/**
 * Row-major float32 [m, n].
 * @param kind `heavy`: columns that decay as a power, in random order; `flat`: Gaussian; `low-rank`: 16 directions and
 *   noise
 * @param gaussian (stream, count) → standard normal numbers
 */
export function matrixOf(kind, m, n, seed, gaussian) {
  const stream = (of) => FIRST_STREAM + STREAMS_PER_SEED * seed + of;
  const matrix = gaussian(stream(0), m * n);
  if (kind === 'heavy') {
    const order = gaussian(stream(1), n);
    const places = Array.from(order.keys()).sort((a, b) => order[a] - order[b]);
    scaleColumns(
      matrix,
      Float32Array.from(places, (place) => (place + 1) ** -DECAY / Math.sqrt(n)),
    );
  } else if (kind === 'flat') {
    scaleColumns(matrix, new Float32Array(n).fill(1 / Math.sqrt(n)));
  } else if (kind === 'low-rank') {
    scaleColumns(matrix, new Float32Array(n).fill(NOISE / Math.sqrt(n)));
    addProduct(matrix, gaussian(stream(1), m * LOW_RANK), gaussian(stream(2), LOW_RANK * n), n);
  } else {
    throw new Error(`unknown kind ${kind}: use heavy, flat or low-rank`);
  }
  return matrix;
}

/** Write a safetensors file with one tensor, `weight`. @param dtype `f32` or `bf16`, rounded to nearest */
export async function writeMatrix(file, matrix, m, n, dtype) {
  const data = dtype === 'bf16' ? bfloat16(matrix) : matrix;
  const header = { weight: { dtype: dtype.toUpperCase(), shape: [m, n], data_offsets: [0, data.byteLength] } };
  const json = JSON.stringify(header);
  const text = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const handle = await open(file, 'w');
  try {
    for (const part of [length, text, new Uint8Array(data.buffer)]) await handle.writeFile(part);
  } finally {
    await handle.close();
  }
}

function scaleColumns(matrix, scales) {
  for (let row = 0; row < matrix.length; row += scales.length) {
    for (let j = 0; j < scales.length; j += 1) matrix[row + j] *= scales[j];
  }
}

/** matrix + left [m, 16] · right [16, n] / n. */
function addProduct(matrix, left, right, n) {
  for (let i = 0; i * n < matrix.length; i += 1) {
    for (let k = 0; k < LOW_RANK; k += 1) {
      const factor = left[i * LOW_RANK + k] / n;
      for (let j = 0; j < n; j += 1) matrix[i * n + j] += factor * right[k * n + j];
    }
  }
}

function bfloat16(matrix) {
  const words = new Uint32Array(matrix.buffer);
  const halves = new Uint16Array(words.length);
  for (let i = 0; i < words.length; i += 1) halves[i] = (words[i] + 0x7fff + ((words[i] >>> 16) & 1)) >>> 16;
  return halves;
}
