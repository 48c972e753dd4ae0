// The measured process of `npm run bench:spectra`: spectra of the matrix in each of --files, one after the other as in
// a checkpoint, or of all matrices of --checkpoint and, with --reference, of its updates. Prints an `OwnTimes`; σ go to
// --into.
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { openCheckpoint, openReference } from '@shadow-gate/checkpoints';
import { readSafetensorsHeader } from '@shadow-gate/checkpoints/formats';
import { tensorPlace } from '@shadow-gate/checkpoints/naming';
import { chooseDevice } from '@shadow-gate/checkpoints/onnx';
import { wholeMatrix } from '@shadow-gate/checkpoints/tensors';
import { at } from '@shadow-gate/platform';
import type { Spectrum } from '@shadow-gate/spectra';
import { type Job, planSpectra, runJobs } from '@shadow-gate/spectra';
import { type Preferences, planJob } from '../../packages/spectra/src/jobs.ts';
import { parseDevice } from '../device-option.ts';
import type { OwnTimes } from './own-spectra.ts';

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '' },
    checkpoint: { type: 'string' },
    reference: { type: 'string' },
    into: { type: 'string', default: '' },
    method: { type: 'string', default: 'exact' },
    device: { type: 'string', default: 'cpu' },
  },
});

const device = await chooseDevice(parseDevice(values.device));
const preferences: Preferences = { device, method: values.method === 'fast' ? 'fast' : 'exact' };
const jobs =
  values.checkpoint === undefined
    ? await Promise.all(values.files.split(',').map(jobOf))
    : await jobsOf(values.checkpoint, values.reference);

const found: { readonly key: string; readonly spectrum: Spectrum }[] = [];
const start = performance.now();
await runJobs<Spectrum>(
  { jobs, vectors: [] },
  {
    device,
    memoryLimit: Infinity,
    onResult: (result) => {
      const { job } = result;
      if (!result.isKnown) found.push({ key: `${job.of} ${job.name}`, spectrum: result.spectrum });
    },
  },
);
const seconds = (performance.now() - start) / 1000;
const { user, system } = process.cpuUsage();
const mebibytes = process.resourceUsage().maxRSS / 1024;
const bytes = found.map(({ spectrum: { singularValues: sigma } }) =>
  Buffer.from(sigma.buffer, sigma.byteOffset, sigma.byteLength),
);
await writeFile(values.into, Buffer.concat(bytes));
const times: OwnTimes = {
  seconds,
  cpuSeconds: (user + system) / 1e6,
  mebibytes,
  metrics: at(found, found.length - 1).spectrum.metrics,
  keys: found.map(({ key, spectrum }) => [key, spectrum.singularValues.length]),
};
console.log(JSON.stringify(times));

/** The only matrix in a file. */
async function jobOf(file: string): Promise<Job> {
  const source = at(await readSafetensorsHeader(file), 0);
  const matrix = { source, view: wholeMatrix(source.shape) };
  const place = tensorPlace(file, { multimodal: false });
  return planJob({ kind: 'weight', of: 'weight', name: file, place, shape: source.shape, matrix }, preferences);
}

async function jobsOf(checkpoint: string, reference: string | undefined): Promise<readonly Job[]> {
  const original = reference === undefined ? null : await openReference(reference);
  return planSpectra(await openCheckpoint(checkpoint), original, preferences).jobs;
}
