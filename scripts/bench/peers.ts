// How long numpy, scipy and torch take for the spectra of `npm run bench:spectra`.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const script = fileURLToPath(new URL('spectra.py', import.meta.url));
const run = promisify(execFile);

export interface Peers {
  /** One line that says why there is no comparison; null if there is one. */
  readonly reason: string | null;
  /** Whether it is installed too. */
  readonly torch: boolean;
}

/** A routine of spectra.py at work. */
interface PeerRun {
  readonly routine: string;
  readonly threads: number;
  /** Where it leaves what it found. */
  readonly folder: string;
}

/** Which peers are installed. */
export async function findPeers(): Promise<Peers> {
  try {
    const found: { readonly torch: boolean } = JSON.parse(await python(1, 'found'));
    return { reason: null, ...found };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if ('code' in error && error.code === 'ENOENT') return { reason: 'python3 is not installed', torch: false };
    const said = 'stderr' in error && error.stderr !== '' ? String(error.stderr) : error.message;
    return { reason: said.trim().split('\n').at(-1) ?? '', torch: false };
  }
}

/** Singular values, largest first, and the seconds that they took, without reading the file. */
export async function peer(
  { routine, threads, folder }: PeerRun,
  file: string,
): Promise<{ readonly seconds: number; readonly values: Float64Array }> {
  const into = join(folder, 'values');
  const { seconds }: { readonly seconds: number } = JSON.parse(await python(threads, routine, file, into));
  return { seconds, values: await readValues(into) };
}

/**
 * The spectra of all matrices of a checkpoint (and of its updates), and the seconds that they took, without reading the
 * files.
 * @param reference a folder, or null
 */
export async function peerOfCheckpoint(
  { routine, threads, folder }: PeerRun,
  checkpoint: string,
  reference: string | null,
): Promise<{ readonly seconds: number; readonly spectra: readonly (readonly [string, Float64Array])[] }> {
  const into = join(folder, 'peer');
  const { seconds, keys }: { readonly seconds: number; readonly keys: SpectrumKeys } = JSON.parse(
    await python(threads, `checkpoint-${routine}`, into, checkpoint, ...(reference ? [reference] : [])),
  );
  return { seconds, spectra: await readSpectra(keys, into) };
}

/** Pairs of a name and the number of its values. */
export type SpectrumKeys = readonly (readonly [string, number])[];

/** Spectra that follow each other in one file. */
export async function readSpectra(
  keys: SpectrumKeys,
  file: string,
): Promise<readonly (readonly [string, Float64Array])[]> {
  const values = await readValues(file);
  let start = 0;
  return keys.map(([key, length]) => {
    start += length;
    return [key, values.subarray(start - length, start)] as const;
  });
}

async function readValues(file: string): Promise<Float64Array> {
  return new Float64Array(new Uint8Array(await readFile(file)).buffer);
}

async function python(threads: number, ...parameters: string[]): Promise<string> {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    OPENBLAS_NUM_THREADS: String(threads),
    OMP_NUM_THREADS: String(threads),
  };
  // OpenBLAS chooses its kernels by the processor; a choice made for something else would slow it down.
  delete env.OPENBLAS_CORETYPE;
  return (await run('python3', [script, ...parameters], { env })).stdout;
}
