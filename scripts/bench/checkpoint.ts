// Exact spectra of all matrices of a checkpoint, compared with LAPACK's svdvals of the same matrices, already in
// memory, in float32. Part of `npm run bench:spectra -- --checkpoint PATH [--reference PATH]`.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { at } from '@shadow-gate/platform';
import { truthsOf } from './errors.ts';
import { type OwnSpectra, withOwnSpectra } from './own-spectra.ts';
import { findPeers, peerOfCheckpoint } from './peers.ts';

/** Threads of each contestant. */
const THREADS = 2;

/** The ratio of an earlier version, since only this one can be run here. */
const BEFORE = '1.6 to 2.6 for SmolLM2-135M before the kernel in WebAssembly';

interface BenchOptions {
  readonly checkpoint: string;
  /** A folder: the updates are measured too. */
  readonly reference: string | null;
  readonly rounds: number;
  /** Also compare all σ and some metrics with a float64 SVD. */
  readonly isExact: boolean;
}

export async function benchCheckpoint({ checkpoint, reference, rounds, isExact }: BenchOptions): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-checkpoint-'));
  try {
    const { reason } = await findPeers();
    if (reason) console.log(`no svdvals, and no errors: ${reason}`);
    const own: OwnSpectra[] = [];
    const others: { readonly seconds: number }[] = [];
    const peer = (routine: string) => peerOfCheckpoint({ routine, threads: THREADS, folder }, checkpoint, reference);
    const pair = ['--checkpoint', checkpoint, ...(reference === null ? [] : ['--reference', reference])];
    await withOwnSpectra(folder, async (measure) => {
      for (let round = 0; round < rounds; round += 1) {
        own.push(await measure(...pair));
        if (!reason) others.push(await peer('svdvals'));
      }
    });
    print(own, others);
    if (isExact && !reason) printErrors(at(own, own.length - 1), (await peer('svd64')).spectra);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function print(own: readonly OwnSpectra[], others: readonly { readonly seconds: number }[]): void {
  const middle = (values: readonly number[]) =>
    at(
      values.toSorted((a, b) => a - b),
      Math.floor(values.length / 2),
    );
  const seconds = (runs: readonly { readonly seconds: number }[]) => middle(runs.map((run) => run.seconds));
  const cpuSeconds = middle(own.map((run) => run.cpuSeconds));
  const mebibytes = middle(own.map((run) => run.mebibytes));
  const all = (runs: readonly { readonly seconds: number }[]) =>
    runs.map(({ seconds }) => seconds.toFixed(2)).join(', ');
  console.log(`${at(own, 0).keys.length} spectra, medians of ${own.length}, ${THREADS} threads`);
  console.log(
    `  exact, with reading and converting   ${seconds(own).toFixed(2)} s (${all(own)}), processor ${cpuSeconds.toFixed(2)} s, peak memory ${mebibytes.toFixed(0)} MiB`,
  );
  if (others.length === 0) return;
  console.log(`  scipy svdvals, float32, in memory    ${seconds(others).toFixed(2)} s (${all(others)})`);
  console.log(`  exact ÷ svdvals                      ${(seconds(own) / seconds(others)).toFixed(2)}; ${BEFORE}`);
}

const COMPARED = ['spectralNorm', 'stableRank', 'participationRatio', 'effectiveRank'] as const;

/** Against the float64 SVD of every matrix. */
function printErrors(own: OwnSpectra, truth: readonly (readonly [string, Float64Array])[]): void {
  const worst = { sigma: 0, spectralNorm: 0, stableRank: 0, participationRatio: 0, effectiveRank: 0 };
  const spectra = new Map(own.spectra);
  for (const [key, values] of truth) {
    const found = spectra.get(key);
    if (!found) throw new Error(`${key} has no spectrum of ours`);
    const largest = at(values, 0);
    const off = values.map((value, i) => Math.abs(value - at(found, i)) / largest);
    worst.sigma = off.reduce((most, value) => Math.max(most, value), worst.sigma);
    const [ours, theirs] = [truthsOf(found), truthsOf(values)];
    for (const name of COMPARED) worst[name] = Math.max(worst[name], Math.abs(ours[name] / theirs[name] - 1));
  }
  const texts = Object.entries(worst).map(([name, value]) => `${name} ${value.toExponential(0)}`);
  console.log(`  largest errors against a float64 SVD, σ in units of σ₁: ${texts.join(', ')}`);
}
