// What numpy, scipy and torch take for the spectra of `npm run bench:spectra`.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const script = fileURLToPath(new URL('bench-spectra.py', import.meta.url));
const run = promisify(execFile);

/**
 * What there is to compare with.
 * @returns `trouble`, null if there is none: why nothing is compared, in a line; `torch`: whether it is there too
 */
export async function findPeers() {
  try {
    return { trouble: null, ...JSON.parse(await python(1, 'found')) };
  } catch (error) {
    const reason =
      error.code === 'ENOENT'
        ? 'there is no python3'
        : String(error.stderr || error.message)
            .trim()
            .split('\n')
            .at(-1);
    return { trouble: reason, torch: false };
  }
}

/**
 * Singular values, largest first, and the seconds that they took, reading not included.
 * @param routine of bench-spectra.py
 */
export async function peer(routine, threads, file, folder) {
  const into = join(folder, 'values');
  const { seconds } = JSON.parse(await python(threads, routine, file, into));
  return { seconds, values: await readValues(into) };
}

export async function readValues(file) {
  return new Float64Array(new Uint8Array(await readFile(file)).buffer);
}

async function python(threads, ...parameters) {
  const env = { ...process.env, OPENBLAS_NUM_THREADS: String(threads), OMP_NUM_THREADS: String(threads) };
  // OpenBLAS chooses its kernels by the processor; a choice made for something else would hold it back.
  delete env.OPENBLAS_CORETYPE;
  return (await run('python3', [script, ...parameters], { env })).stdout;
}
