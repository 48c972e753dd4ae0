// Do the bounds of fast spectra hold? Compares them with a float64 SVD of numpy, for every matrix of checkpoints and
// updates, and for synthetic matrices of many kinds. Needs python3 with numpy. Usage:
//   npm run bench:bounds [-- --synthetic 400] [--seed 1] [--checkpoints DIR,DIR] [--joined DIR] [--updates DIR:REFERENCE,…] [--list]
//
// Matrices of fewer than 400 columns get so little work that random vectors decide much. Every fourth is not multiplied
// by its Gram matrix but twice by itself, as larger ones are.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readSafetensorsHeader } from '@shadow-gate/checkpoints/formats';
import { wholeMatrix } from '@shadow-gate/checkpoints/tensors';
import { at } from '@shadow-gate/platform';
import type { MatrixSource } from '@shadow-gate/spectra';
import { fastSpectrum } from '@shadow-gate/spectra';
import type { FastMetrics } from '@shadow-gate/spectra/metrics-schema';
import { type BoundName, holds, namedBounds, truthsOf } from './errors.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Columns below which a matrix gets little work, and how little. */
const SMALL = 400;
const LITTLE = [
  { block: 8, basis: 64 },
  { block: 16, basis: 128 },
];

const { values: options } = parseArgs({
  options: {
    synthetic: { type: 'string', default: '400' },
    seed: { type: 'string', default: '1' },
    checkpoints: { type: 'string', default: '' },
    joined: { type: 'string', default: '' },
    updates: { type: 'string', default: '' },
    list: { type: 'boolean', default: false },
  },
});

/** A line of what bounds.py prints: a matrix in a file, and its singular values. */
interface Case {
  readonly label: string;
  readonly file: string;
  readonly name: string;
  /** The file with the matrix before the update, if it is one. */
  readonly reference?: string | null;
  readonly sigma: readonly number[];
}

/** A command of bounds.py, and its arguments. */
type Group = readonly [string, ...string[]];

const list = (text: string): string[] => text.split(',').filter((part) => part !== '');
const groups: Group[] = [
  ...(options.synthetic === '0' ? [] : [['synthetic', options.synthetic, options.seed] as const]),
  ...list(options.checkpoints).map((folder): Group => ['checkpoint', folder]),
  ...list(options.joined).map((folder): Group => ['joined', folder]),
  ...list(options.updates).map((pair): Group => ['updates', ...pair.split(':')]),
];

const total = { matrices: 0, bounds: 0, wrong: 0, widths: new Map<BoundName, number[]>() };
for (const group of groups) await checkGroup(group);
console.log(`all: ${total.matrices} matrices, ${total.bounds} bounds, ${total.wrong} wrong`);
for (const [name, widths] of total.widths) {
  const sorted = widths.toSorted((a, b) => a - b);
  const [middle, most] = [at(sorted, Math.floor(sorted.length / 2)), at(sorted, sorted.length - 1)];
  console.log(
    `  ${name.padEnd(20)} relative width: median ${middle.toExponential(1)}, largest ${most.toExponential(1)}`,
  );
}
if (total.wrong > 0) process.exitCode = 1;

async function checkGroup(group: Group): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-bounds-'));
  const before = { ...total };
  try {
    for await (const one of casesOf(folder, group)) {
      const { label, file, reference, sigma } = one;
      const index = total.matrices;
      total.matrices += 1;
      const metrics = await measure(one, index);
      const truths = truthsOf(Float64Array.from(sigma));
      for (const [key, { low, value, high }] of namedBounds(metrics)) {
        total.bounds += 1;
        if (!holds({ low, high }, truths[key])) {
          total.wrong += 1;
          console.log(`  wrong: ${label}: ${key} is ${truths[key]}, not in [${low}, ${high}]`);
        }
        total.widths.set(key, [...(total.widths.get(key) ?? []), (high - low) / value]);
      }
      if (options.list) console.log(`  ${label}`);
      if (file.startsWith(folder)) for (const made of [file, reference]) if (made) await rm(made);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const [matrices, bounds, wrong] = (['matrices', 'bounds', 'wrong'] as const).map((key) => total[key] - before[key]);
  console.log(`${group.join(' ')}: ${matrices} matrices, ${bounds} bounds, ${wrong} wrong`);
}

async function measure({ file, name, reference, sigma }: Case, index: number): Promise<FastMetrics> {
  const source = async (path: string): Promise<MatrixSource> => {
    const entry = (await readSafetensorsHeader(path)).find((tensor) => tensor.name === name);
    if (entry === undefined) throw new Error(`${path} has no ${name}`);
    return { source: entry, view: wholeMatrix(entry.shape) };
  };
  const { metrics } = await fastSpectrum(await source(file), {
    device: { name: 'cpu', reason: 'benchmark' },
    reference: reference ? await source(reference) : null,
    effort: sigma.length < SMALL ? LITTLE[index % 2] : undefined,
    isExplicit: index % 4 !== 3,
  });
  if (metrics === null) throw new Error(`${file}: ${name} has no spectrum`);
  return metrics;
}

/** What bounds.py prints, while it prints it. */
async function* casesOf(folder: string, [command, ...rest]: Group): AsyncGenerator<Case> {
  const script = join(root, 'scripts/bench/bounds.py');
  const env = { ...process.env, OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1' };
  const child = spawn('python3', [script, folder, command, ...rest], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const found: Case = JSON.parse(line);
    yield found;
  }
  const code = await ended;
  if (code !== 0) throw new Error(`bounds.py ${command} ended with code ${code}`);
}
