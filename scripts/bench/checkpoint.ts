// Exact spectra of all matrices of a checkpoint, beside LAPACK's svdvals of the same matrices in float32, which are in memory
// already. Part of `npm run bench:spectra -- --checkpoint PATH [--reference PATH]`.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findPeers, peerOfCheckpoint, readSpectra } from './peers.ts';

const script = fileURLToPath(new URL('spectra.ts', import.meta.url));
const run = promisify(execFile);

/** Threads of each contestant. */
const THREADS = 2;

/** The ratio of an earlier version, since only this one can be run here. */
const BEFORE = '1.6 to 2.6 for SmolLM2-135M before the kernel in WebAssembly (docs/performance.md)';

/**
 * @param reference a folder, or null: the updates are measured beside the weights
 * @param isExact also compare all σ and some metrics with a float64 SVD
 */
export async function benchCheckpoint(bundle, { checkpoint, reference, rounds, isExact }) {
  const folder = await mkdtemp(join(tmpdir(), 'bench-checkpoint-'));
  try {
    const { reason } = await findPeers();
    if (reason) console.log(`no svdvals, and no errors: ${reason}`);
    const own = [];
    const others = [];
    for (let round = 0; round < rounds; round += 1) {
      own.push(await measured(bundle, folder, checkpoint, reference));
      if (!reason) others.push(await peerOfCheckpoint('svdvals', THREADS, checkpoint, reference, folder));
    }
    print(own, others);
    if (isExact && !reason) await printErrors(own.at(-1), folder, checkpoint, reference);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function print(own, others) {
  const [{ count }] = own;
  const middle = (runs, key) => runs.map((one) => one[key]).sort((a, b) => a - b)[Math.floor(runs.length / 2)];
  const all = (runs) => runs.map(({ seconds }) => seconds.toFixed(2)).join(', ');
  console.log(`${count} spectra, medians of ${own.length}, ${THREADS} threads`);
  console.log(
    `  exact, with reading and converting   ${middle(own, 'seconds').toFixed(2)} s (${all(own)}), processor ${middle(own, 'cpuSeconds').toFixed(2)} s, peak memory ${middle(own, 'mebibytes').toFixed(0)} MiB`,
  );
  if (others.length === 0) return;
  console.log(`  scipy svdvals, float32, in memory    ${middle(others, 'seconds').toFixed(2)} s (${all(others)})`);
  console.log(
    `  exact ÷ svdvals                      ${(middle(own, 'seconds') / middle(others, 'seconds')).toFixed(2)}; ${BEFORE}`,
  );
}

/** The float64 SVD of every matrix on two threads, which takes minutes. */
async function printErrors({ spectra }, folder, checkpoint, reference) {
  const truth = await peerOfCheckpoint('svd64', THREADS, checkpoint, reference, folder);
  const worst = { sigma: 0, spectralNorm: 0, stableRank: 0, participationRatio: 0, effectiveRank: 0 };
  for (const [key, values] of truth.spectra) {
    const found = spectra.get(key);
    if (!found) throw new Error(`${key} has no spectrum of ours`);
    const [largest] = values;
    const off = values.map((value, i) => Math.abs(value - found[i]) / largest);
    worst.sigma = off.reduce((most, value) => Math.max(most, value), worst.sigma);
    const [ours, theirs] = [metricsOf(found), metricsOf(values)];
    for (const name of Object.keys(ours)) worst[name] = Math.max(worst[name], Math.abs(ours[name] / theirs[name] - 1));
  }
  const texts = Object.entries(worst).map(([name, value]) => `${name} ${value.toExponential(0)}`);
  console.log(`  largest errors against a float64 SVD, σ in units of σ₁: ${texts.join(', ')}`);
}

function metricsOf(sigma) {
  const energies = sigma.map((value) => (value / sigma[0]) ** 2);
  const total = energies.reduceRight((sum, value) => sum + value, 0);
  const entropy = energies.reduceRight(
    (sum, value) => (value > 0 ? sum - (value / total) * Math.log(value / total) : sum),
    0,
  );
  return {
    spectralNorm: sigma[0],
    stableRank: total,
    participationRatio: total ** 2 / energies.reduceRight((sum, value) => sum + value ** 2, 0),
    effectiveRank: Math.exp(entropy),
  };
}

/** In a process of its own, for its peak memory. */
async function measured(bundle, folder, checkpoint, reference) {
  const into = join(folder, 'own');
  const parameters = ['--checkpoint', checkpoint, ...(reference ? ['--reference', reference] : []), '--into', into];
  const { stdout } = await run(process.execPath, [...process.execArgv, script, '--measure', bundle, ...parameters]);
  const keys = JSON.parse(await readFile(`${into}.json`, 'utf8'));
  return { ...JSON.parse(stdout), spectra: new Map(await readSpectra(keys, into)) };
}

/** The child process: all spectra of a checkpoint, and with a reference those of its updates. */
export async function measureCheckpoint(bundle, { checkpoint, reference, into }) {
  const { openCheckpoint, openReference, planSpectra, runJobs, chooseDevice } = await import(bundle);
  const device = await chooseDevice('cpu');
  const original = reference ? await openReference(reference) : null;
  const { jobs } = planSpectra(await openCheckpoint(checkpoint), original, { method: 'exact', device });
  const spectra = [];
  const start = performance.now();
  const onResult = ({ job, spectrum }) => spectra.push([`${job.of} ${job.name}`, spectrum.singularValues]);
  await runJobs({ jobs, vectors: [] }, { device, memoryLimit: Infinity, onResult });
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage();
  const mebibytes = process.resourceUsage().maxRSS / 1024;
  await writeFile(
    into,
    Buffer.concat(spectra.map(([, values]) => Buffer.from(values.buffer, values.byteOffset, values.byteLength))),
  );
  await writeFile(`${into}.json`, JSON.stringify(spectra.map(([key, values]) => [key, values.length])));
  console.log(JSON.stringify({ count: jobs.length, seconds, cpuSeconds: (user + system) / 1e6, mebibytes }));
}
