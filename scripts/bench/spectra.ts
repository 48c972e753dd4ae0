// Compares exact and fast spectra with LAPACK and a randomized SVD, all in one run: times, errors against a float64
// SVD, peak memory. Without python3, numpy and scipy there are no peers, and no errors. Usage:
//   npm run bench:spectra [-- --sizes 4096x4096,11008x4096] [--rounds 3] [--kinds heavy,flat,low-rank] [--dtypes bf16]
//     [--device cpu|cuda|webgpu]
//   npm run bench:spectra -- --model 7b [--layers 2]: some layers of a model through the built command line
//   npm run bench:spectra -- --checkpoint PATH [--reference PATH] [--rounds 3] [--errors]: exact spectra of all its matrices,
//     and of its updates; with --errors, against a float64 SVD of each
//
// Quote the ratios: the machine's speed is the same for all. Every number is the median of `rounds`, except for the
// float64 SVD on one thread: it runs once per matrix and is also the truth.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { at } from '@shadow-gate/platform';
import { METHODS, type Method } from '@shadow-gate/spectra/metrics-schema';
import { gaussian } from '../../packages/spectra/src/fast/gaussian.ts';
import { median } from '../../src/statistics/descriptive.ts';
import { benchCheckpoint } from './checkpoint.ts';
import { errors, type Measured, widths } from './errors.ts';
import { matrixOf, writeMatrix } from './matrices.ts';
import { benchModel } from './model.ts';
import { type Measure, type OwnSpectra, withOwnSpectra } from './own-spectra.ts';
import { findPeers, type Peers, peer } from './peers.ts';

/** Threads of each contestant. */
const THREADS = 2;

const { values: options } = parseArgs({
  options: {
    sizes: { type: 'string', default: '1024x4096,4096x4096,11008x4096' },
    kinds: { type: 'string', default: 'heavy,flat,low-rank' },
    dtypes: { type: 'string', default: 'bf16,f32' },
    rounds: { type: 'string', default: '3' },
    model: { type: 'string' },
    layers: { type: 'string', default: '1' },
    checkpoint: { type: 'string' },
    reference: { type: 'string' },
    errors: { type: 'boolean', default: false },
    device: { type: 'string', default: 'cpu' },
  },
});

const { checkpoint, reference = null } = options;
const rounds = Number(options.rounds);
if (options.model) await benchModel(options.model, Number(options.layers));
else if (checkpoint) await benchCheckpoint({ checkpoint, reference, rounds, isExact: options.errors });
else await compare();

/** Where the work is done, and what with. */
interface Place {
  readonly measure: Measure;
  readonly folder: string;
  readonly peers: Peers;
}

/** What was found of one matrix. */
interface Run extends Measured {
  readonly seconds: number;
}

interface Contestant {
  readonly label: string;
  readonly key: string;
  readonly run: (file: string) => Promise<Run>;
}

async function compare(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-spectra-'));
  try {
    const peers = await findPeers();
    if (peers.reason) console.log(`no peers, and no errors, which need their float64 SVD: ${peers.reason}`);
    await withOwnSpectra(folder, async (measure) => {
      for (const size of options.sizes.split(',')) {
        for (const dtype of options.dtypes.split(',')) await compareSize({ measure, folder, peers }, size, dtype);
      }
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Our spectra of matrices, one after the other. */
function ownSpectra({ measure }: Place, method: Method, files: readonly string[]): Promise<OwnSpectra> {
  return measure('--device', options.device, '--method', method, '--files', files.join());
}

/** In the order of a round. */
function contestants(place: Place): Contestant[] {
  const {
    folder,
    peers: { reason, torch },
  } = place;
  const own = METHODS.map((method) => ({
    label: `${method}, alone`,
    key: method,
    run: async (file: string) => {
      const { seconds, metrics, spectra } = await ownSpectra(place, method, [file]);
      return { seconds, metrics, values: at(spectra, 0)[1] };
    },
  }));
  const others: readonly (readonly [string, string])[] = [
    ['svdvals', 'scipy svdvals, float32'],
    ['gram', 'numpy eigvalsh of the float64 Gram'],
    torch
      ? ['lowrank-torch', 'torch.svd_lowrank, q = 64']
      : ['lowrank-numpy', 'randomized SVD, q = 64, 2 iterations, numpy (what torch.svd_lowrank does)'],
  ];
  if (reason) return own;
  const peerOf = (routine: string) => (file: string) => peer({ routine, threads: THREADS, folder }, file);
  return [...own, ...others.map(([key, label]) => ({ label, key, run: peerOf(key) }))];
}

async function compareSize(place: Place, size: string, dtype: string): Promise<void> {
  const [m = 0, n = 0] = size.split('x').map(Number);
  const kinds = options.kinds.split(',');
  console.log(`\n${m} × ${n} ${dtype}, medians of ${rounds}, ${THREADS} threads`);
  const files: string[] = [];
  for (const [seed, kind] of kinds.entries()) {
    const file = join(place.folder, `${kind}.safetensors`);
    await writeMatrix(file, matrixOf({ kind, m, n, seed }, gaussian), [m, n], dtype);
    files.push(file);
    await compareOn(file, kind, place);
  }
  await compareInSequence(place, files, 4 * m * n);
}

/** A table of times and errors on one matrix. */
async function compareOn(file: string, kind: string, place: Place): Promise<void> {
  const { folder, peers } = place;
  const truth = peers.reason ? null : await peer({ routine: 'svd64', threads: 1, folder }, file);
  const all = contestants(place).map((contestant) => ({ ...contestant, runs: [] as Run[] }));
  for (let round = 0; round < rounds; round += 1) {
    for (const { runs, run: measureIt } of all) runs.push(await measureIt(file));
  }
  const condition = truth
    ? ` (σ_min ${(at(truth.values, truth.values.length - 1) / at(truth.values, 0)).toExponential(1)} σ₁)`
    : '';
  console.log(line(`${kind}${condition}`, 'time', truth ? ['σ₁ error', 'top 1% error', 'worst σ / σ₁'] : []));
  for (const { label, runs } of all) {
    const off = truth ? errors(at(runs, runs.length - 1), truth.values) : [];
    console.log(line(`  ${label}`, `${medianOf(runs.map(({ seconds }) => seconds)).toFixed(2)} s`, off));
  }
  if (truth) console.log(line('  numpy svd, float64, 1 thread (the truth)', `${truth.seconds.toFixed(2)} s`, []));
  const metrics = all.find(({ key }) => key === 'fast')?.runs.at(-1)?.metrics;
  if (!metrics) throw new Error(`${kind} has no fast spectrum`);
  console.log(
    `    widths of the fast bounds${truth ? ' (! if the truth lies outside)' : ''}: ${widths(metrics, truth?.values ?? null)}`,
  );
}

/**
 * As the matrices of a checkpoint are: twice through all, since the worker stage of the last one overlaps with nothing.
 */
async function compareInSequence(place: Place, files: readonly string[], bytes: number): Promise<void> {
  const sequence = [...files, ...files];
  for (const method of METHODS) {
    const runs: OwnSpectra[] = [];
    for (let round = 0; round < rounds; round += 1) {
      runs.push(await ownSpectra(place, method, sequence));
    }
    const per = (key: 'seconds' | 'cpuSeconds') => medianOf(runs.map((run) => run[key] / sequence.length)).toFixed(2);
    const peak = Math.max(...runs.map(({ mebibytes }) => mebibytes));
    const allowed = (4 * bytes) / 1024 ** 2 + 500;
    console.log(
      line(`${method}, one of a sequence of ${sequence.length}`, `${per('seconds')} s`, []) +
        `  processor ${per('cpuSeconds')} s, peak memory ${peak.toFixed(0)} MiB (limit ${allowed.toFixed(0)} MiB)`,
    );
  }
}

function line(label: string, time: string, columns: readonly string[]): string {
  return `  ${label.padEnd(76)}${time.padStart(9)}${columns.map((column) => column.padStart(14)).join('')}`.trimEnd();
}

/** @throws Error if there are none */
function medianOf(numbers: readonly number[]): number {
  const middle = median(numbers);
  if (middle === null) throw new Error('no round was run');
  return middle;
}
