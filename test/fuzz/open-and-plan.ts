import { realpathSync, statSync } from 'node:fs';
import { sep } from 'node:path';
import type { Checkpoint } from '@shadow-gate/checkpoints';
import { openCheckpoint, TensorDigests } from '@shadow-gate/checkpoints';
import { storedEntries } from '@shadow-gate/checkpoints/tensors';
import { planSpectra } from '@shadow-gate/spectra';
import { promise } from './fuzzer.ts';

/** Tensors that are put together in one run. */
const MOST_READ = 8;

const CPU = { name: 'cpu', reason: 'requested' } as const;

/** What must hold for every checkpoint that opens: its tensors are in files of its own, and inside of them. */
function expectSound(checkpoint: Checkpoint, folder: string): void {
  const inside = realpathSync(folder) + sep;
  for (const { name, file, offset, byteLength } of [...checkpoint.tensors.values()].flatMap(storedEntries)) {
    promise(
      realpathSync(file).startsWith(inside),
      `tensor ${JSON.stringify(name)} is in ${file}, outside of the folder`,
    );
    promise(
      offset >= 0 && offset + byteLength <= statSync(file).size,
      `tensor ${JSON.stringify(name)} leaves its file`,
    );
  }
  for (const { name, size, shape } of checkpoint.tensors.values()) {
    promise(
      Number.isSafeInteger(size) && shape.every(Number.isSafeInteger),
      `tensor ${JSON.stringify(name)} has no size`,
    );
  }
  // What would be measured, and how: matrices are found by names and shapes.
  const { jobs } = planSpectra(checkpoint, null, { method: 'auto', device: CPU });
  for (const { name, shape } of jobs) {
    promise(
      shape.every((length) => length > 0),
      `matrix ${JSON.stringify(name)} is empty`,
    );
  }
}

/** Open a checkpoint and plan its spectra, as a measurement does. @throws BrokenPromise */
export async function openAndPlan(path: string, folder: string): Promise<void> {
  const checkpoint = await openCheckpoint(path);
  expectSound(checkpoint, folder);
  // What is in parts is put together: nothing else of an input is read here.
  const digests = new TensorDigests();
  const inParts = [...checkpoint.tensors.values()].filter(({ layout }) => layout !== undefined);
  for (const entry of inParts.slice(0, MOST_READ)) await digests.of(entry);
}
