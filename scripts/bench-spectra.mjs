// Exact and fast spectra beside what LAPACK and a randomized SVD take, all in one run: times, errors against a float64 SVD, peak
// memory. Where python3, numpy or scipy is absent the peers are left out, and with them the errors. Usage:
//   npm run bench:spectra [-- --sizes 4096x4096,11008x4096] [--rounds 3] [--kinds heavy,flat,low-rank] [--dtypes bf16]
//   npm run bench:spectra -- --model 7b [--layers 2]: a share of a model's layers through the built command line
//
// The ratios are what to quote: the machine's speed is the same for all. Every number is the median of `rounds`, but for the
// float64 SVD on one thread, which is run once per matrix, as the truth too.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { build } from 'esbuild';
import { errors, widths } from './bench-errors.mjs';
import { matrixOf, writeMatrix } from './bench-matrices.mjs';
import { benchModel } from './bench-model.mjs';
import { findPeers, peer, readValues } from './bench-peers.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const script = fileURLToPath(import.meta.url);
const run = promisify(execFile);

/** Threads of all that is compared. */
const THREADS = 2;

const { values: options } = parseArgs({
  options: {
    sizes: { type: 'string', default: '1024x4096,4096x4096,11008x4096' },
    kinds: { type: 'string', default: 'heavy,flat,low-rank' },
    dtypes: { type: 'string', default: 'bf16,f32' },
    rounds: { type: 'string', default: '3' },
    model: { type: 'string' },
    layers: { type: 'string', default: '1' },
    // Of the process that measures: the bundle, the files, and where σ goes.
    measure: { type: 'string' },
    files: { type: 'string', default: '' },
    into: { type: 'string', default: '' },
    method: { type: 'string', default: 'exact' },
  },
});

if (options.measure) await measure(options.measure, options.files.split(','), options.into, options.method);
else if (options.model) await benchModel(options.model, Number(options.layers));
else await compare();

/** Measure these files one after the other, as a checkpoint's matrices are; σ of the last goes to a file. */
async function measure(bundle, files, into, method) {
  const { measureSpectra, readSafetensorsHeader, wholeMatrix, placeOf } = await import(bundle);
  const jobs = [];
  for (const file of files) {
    const [source] = await readSafetensorsHeader(file);
    const matrix = { source, view: wholeMatrix(source.shape) };
    jobs.push({ kind: 'weight', of: 'weight', name: file, place: placeOf(file, false), shape: source.shape, matrix });
  }
  const plan = { jobs, vectors: [], skipped: [], mismatched: [] };
  const device = { name: 'cpu', reason: 'asked for' };
  const spectra = [];
  const start = performance.now();
  await measureSpectra(plan, { device, method, memoryLimit: Infinity }, (spectrum) => spectra.push(spectrum));
  const seconds = (performance.now() - start) / 1000;
  if (into) await writeFile(into, new Uint8Array(spectra.at(-1).singularValues.buffer));
  const mebibytes = process.resourceUsage().maxRSS / 1024;
  const cpu = process.cpuUsage();
  console.log(
    JSON.stringify({
      seconds,
      cpuSeconds: (cpu.user + cpu.system) / 1e6,
      mebibytes,
      accumulation: spectra.map(({ accumulation }) => accumulation),
      metrics: spectra.at(-1).metrics,
    }),
  );
}

async function compare() {
  const folder = await mkdtemp(join(tmpdir(), 'bench-spectra-'));
  const out = join(root, 'out', `bench-spectra-${process.pid}`);
  try {
    const bundle = await bundleSources(out);
    const peers = await findPeers();
    if (peers.trouble) console.log(`no peers, and no errors, which are against their float64 SVD: ${peers.trouble}`);
    for (const size of options.sizes.split(',')) {
      for (const dtype of options.dtypes.split(',')) await compareSize(folder, bundle, peers, size, dtype);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
    await rm(out, { recursive: true, force: true });
  }
}

async function bundleSources(outdir) {
  await mkdir(outdir, { recursive: true });
  const entry = join(outdir, 'entry.ts');
  const sources = {
    gaussian: 'src/spectra/fast/gaussian.ts',
    measureSpectra: 'src/spectra/run-jobs.ts',
    readSafetensorsHeader: 'src/checkpoint/safetensors.ts',
    wholeMatrix: 'src/checkpoint/matrix-view.ts',
    placeOf: 'src/checkpoint/module-type.ts',
  };
  const lines = Object.entries(sources).map(
    ([name, path]) => `export { ${name} } from ${JSON.stringify(join(root, path))};`,
  );
  await writeFile(entry, lines.join('\n'));
  await build({
    entryPoints: { spectra: entry, 'band-worker': join(root, 'src/spectra/exact/band-worker.ts') },
    outdir,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    logLevel: 'warning',
  });
  return pathToFileURL(join(outdir, 'spectra.js')).href;
}

/** What is compared, in the order of a round. */
function contestants(bundle, folder, { trouble, torch }) {
  const own = ['exact', 'fast'].map((method) => ({
    label: `${method}, alone`,
    key: method,
    run: (file) => measured(bundle, [file], folder, method),
  }));
  const others = [
    ['svdvals', 'scipy svdvals, float32'],
    ['gram', 'numpy eigvalsh of the float64 Gram'],
    torch
      ? ['lowrank-torch', 'torch.svd_lowrank, q = 64']
      : ['lowrank-numpy', 'randomized SVD, q = 64, 2 iterations, numpy (what torch.svd_lowrank does)'],
  ];
  if (trouble) return own;
  return [...own, ...others.map(([key, label]) => ({ label, key, run: (file) => peer(key, THREADS, file, folder) }))];
}

async function compareSize(folder, bundle, peers, size, dtype) {
  const [m, n] = size.split('x').map(Number);
  const rounds = Number(options.rounds);
  const kinds = options.kinds.split(',');
  const { gaussian } = await import(bundle);
  console.log(`\n${m} × ${n} ${dtype}, medians of ${rounds}, ${THREADS} threads`);
  const files = [];
  for (const [seed, kind] of kinds.entries()) {
    const file = join(folder, `${kind}.safetensors`);
    await writeMatrix(file, matrixOf(kind, m, n, seed, gaussian), m, n, dtype);
    files.push(file);
    await compareOn(file, kind, folder, peers, contestants(bundle, folder, peers));
  }
  await compareInSequence(bundle, folder, files, 4 * m * n);
}

/** A table of times and errors on one matrix. */
async function compareOn(file, kind, folder, peers, all) {
  const truth = peers.trouble ? null : await peer('svd64', 1, file, folder);
  const times = new Map(all.map(({ key }) => [key, []]));
  const found = new Map();
  for (let round = 0; round < Number(options.rounds); round += 1) {
    for (const { key, run: measureIt } of all) {
      found.set(key, await measureIt(file));
      times.get(key).push(found.get(key).seconds);
    }
  }
  const condition = truth ? ` (σ_min ${(truth.values.at(-1) / truth.values[0]).toExponential(1)} σ₁)` : '';
  console.log(line(`${kind}${condition}`, 'time', truth ? ['σ₁ off', 'top 1 % off', 'worst σ / σ₁'] : []));
  for (const { label, key } of all) {
    console.log(
      line(`  ${label}`, `${median(times.get(key)).toFixed(2)} s`, truth ? errors(found.get(key), truth) : []),
    );
  }
  if (truth) console.log(line('  numpy svd, float64, 1 thread (the truth)', `${truth.seconds.toFixed(2)} s`, []));
  console.log(
    `    widths of fast${truth ? ' (! where the truth lies outside)' : ''}: ${widths(found.get('fast').metrics, truth?.values)}`,
  );
}

/** As a checkpoint's matrices are: twice through all, since the last one's worker stage has nothing beside it. */
async function compareInSequence(bundle, folder, files, bytes) {
  const sequence = [...files, ...files];
  for (const method of ['exact', 'fast']) {
    const runs = [];
    for (let round = 0; round < Number(options.rounds); round += 1) {
      runs.push(await measured(bundle, sequence, folder, method));
    }
    const per = (key) => median(runs.map((run) => run[key] / sequence.length)).toFixed(2);
    const peak = Math.max(...runs.map(({ mebibytes }) => mebibytes));
    const allowed = (4 * bytes) / 1024 ** 2 + 500;
    console.log(
      line(`${method}, one of a sequence of ${sequence.length}`, `${per('seconds')} s`, []) +
        `  processor ${per('cpuSeconds')} s, peak memory ${peak.toFixed(0)} MiB (${allowed.toFixed(0)} MiB promised)`,
    );
  }
}

function line(label, time, columns) {
  return `  ${label.padEnd(76)}${time.padStart(9)}${columns.map((column) => column.padStart(14)).join('')}`.trimEnd();
}

async function measured(bundle, files, folder, method) {
  const into = join(folder, 'values');
  const { stdout } = await run(process.execPath, [
    script,
    '--measure',
    bundle,
    '--files',
    files.join(),
    '--into',
    into,
    '--method',
    method,
  ]);
  return { ...JSON.parse(stdout), values: await readValues(into) };
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
