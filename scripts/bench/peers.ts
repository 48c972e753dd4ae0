// How long numpy, scipy and torch take for the spectra of `npm run bench:spectra`.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const script = fileURLToPath(new URL('spectra.py', import.meta.url));
const run = promisify(execFile);

/**
 * Which peers are installed.
 * @returns `reason`: one line that says why there is no comparison, null if there is one; `torch`: whether it is
 *   installed too
 */
export async function findPeers() {
  try {
    return { reason: null, ...JSON.parse(await python(1, 'found')) };
  } catch (error) {
    const reason =
      error.code === 'ENOENT'
        ? 'python3 is not installed'
        : String(error.stderr || error.message)
            .trim()
            .split('\n')
            .at(-1);
    return { reason, torch: false };
  }
}

/**
 * Singular values, largest first, and the seconds that they took, without reading the file.
 * @param routine of spectra.py
 */
export async function peer(routine, threads, file, folder) {
  const into = join(folder, 'values');
  const { seconds } = JSON.parse(await python(threads, routine, file, into));
  return { seconds, values: await readValues(into) };
}

/**
 * The spectra of all matrices of a checkpoint (and of its updates), and the seconds that they took, without reading the files.
 * @param reference a folder, or null
 */
export async function peerOfCheckpoint(routine, threads, checkpoint, reference, folder) {
  const into = join(folder, 'peer');
  const { seconds, keys } = JSON.parse(
    await python(threads, `checkpoint-${routine}`, into, checkpoint, ...(reference ? [reference] : [])),
  );
  return { seconds, spectra: await readSpectra(keys, into) };
}

/** Spectra that follow each other in one file. @param keys pairs of a name and the number of its values */
export async function readSpectra(keys, file) {
  const values = await readValues(file);
  let start = 0;
  return keys.map(([key, length]) => {
    start += length;
    return [key, values.subarray(start - length, start)];
  });
}

export async function readValues(file) {
  return new Float64Array(new Uint8Array(await readFile(file)).buffer);
}

async function python(threads, ...parameters) {
  const env = { ...process.env, OPENBLAS_NUM_THREADS: String(threads), OMP_NUM_THREADS: String(threads) };
  // OpenBLAS chooses its kernels by the processor; a choice made for something else would slow it down.
  delete env.OPENBLAS_CORETYPE;
  return (await run('python3', [script, ...parameters], { env })).stdout;
}
