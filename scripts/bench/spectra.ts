// Exact and fast spectra beside LAPACK and a randomized SVD, all in one run: times, errors against a float64 SVD, peak
// memory. Without python3, numpy and scipy there are no peers, and no errors. Usage:
//   npm run bench:spectra [-- --sizes 4096x4096,11008x4096] [--rounds 3] [--kinds heavy,flat,low-rank] [--dtypes bf16]
//     [--device cpu|cuda|webgpu]
//   npm run bench:spectra -- --model 7b [--layers 2]: some layers of a model through the built command line
//   npm run bench:spectra -- --checkpoint PATH [--reference PATH] [--rounds 3] [--errors]: exact spectra of all its matrices,
//     and of its updates; with --errors, against a float64 SVD of each
//
// Quote the ratios: the machine's speed is the same for all. Every number is the median of `rounds`, except for the
// float64 SVD on one thread, which is run once per matrix and is also the truth.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { build } from 'esbuild';
import { benchCheckpoint, measureCheckpoint } from './checkpoint.ts';
import { errors, widths } from './errors.ts';
import { matrixOf, writeMatrix } from './matrices.ts';
import { benchModel } from './model.ts';
import { findPeers, peer, readValues } from './peers.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const script = fileURLToPath(import.meta.url);
const run = promisify(execFile);

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
    // For the child process that measures: the bundle, the files, and the file that σ goes to.
    measure: { type: 'string' },
    files: { type: 'string', default: '' },
    into: { type: 'string', default: '' },
    method: { type: 'string', default: 'exact' },
    device: { type: 'string', default: 'cpu' },
  },
});

if (options.measure && options.checkpoint) await measureCheckpoint(options.measure, options);
else if (options.measure) await measure(options.measure, options.files.split(','), options.into, options.method);
else if (options.model) await benchModel(options.model, Number(options.layers));
else await withBundle(options.checkpoint ? compareCheckpoint : compare);

/** Measure these files one after the other, as the matrices of a checkpoint are; σ of the last goes to a file. */
async function measure(bundle, files, into, method) {
  const { planJob, runJobs, readSafetensorsHeader, wholeMatrix, placeOf, chooseDevice } = await import(bundle);
  const device = await chooseDevice(options.device);
  const jobs = [];
  for (const file of files) {
    const [source] = await readSafetensorsHeader(file);
    const matrix = { source, view: wholeMatrix(source.shape) };
    const target = {
      kind: 'weight',
      of: 'weight',
      name: file,
      place: placeOf(file, { multimodal: false }),
      shape: source.shape,
      matrix,
    };
    jobs.push(planJob(target, { method, device }));
  }
  const spectra = [];
  const start = performance.now();
  const onResult = ({ spectrum }) => spectra.push(spectrum);
  await runJobs({ jobs, vectors: [] }, { device, memoryLimit: Infinity, onResult });
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

async function withBundle(work) {
  const out = join(root, 'out', `bench-spectra-${process.pid}`);
  try {
    await work(await bundleSources(out));
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

async function compareCheckpoint(bundle) {
  const { checkpoint, reference = null, rounds, errors: isExact } = options;
  await benchCheckpoint(bundle, { checkpoint, reference, rounds: Number(rounds), isExact });
}

async function compare(bundle) {
  const folder = await mkdtemp(join(tmpdir(), 'bench-spectra-'));
  try {
    const peers = await findPeers();
    if (peers.reason) console.log(`no peers, and no errors, which need their float64 SVD: ${peers.reason}`);
    for (const size of options.sizes.split(',')) {
      for (const dtype of options.dtypes.split(',')) await compareSize(folder, bundle, peers, size, dtype);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function bundleSources(outdir) {
  await mkdir(outdir, { recursive: true });
  const entry = join(outdir, 'entry.ts');
  const sources = {
    gaussian: 'src/spectra/fast/gaussian.ts',
    planJob: 'src/spectra/jobs.ts',
    planSpectra: 'src/spectra/jobs.ts',
    openCheckpoint: 'src/checkpoint/open.ts',
    openReference: 'src/checkpoint/open.ts',
    runJobs: 'src/spectra/run-jobs.ts',
    readSafetensorsHeader: 'src/checkpoint/formats/safetensors.ts',
    wholeMatrix: 'src/checkpoint/tensors/matrix-view.ts',
    placeOf: 'src/checkpoint/naming/place.ts',
    chooseDevice: 'src/onnx/device.ts',
  };
  const lines = Object.entries(sources).map(
    ([name, path]) => `export { ${name} } from ${JSON.stringify(join(root, path))};`,
  );
  await writeFile(entry, lines.join('\n'));
  await build({
    entryPoints: { spectra: entry, 'solver-worker': join(root, 'src/spectra/exact/solver-worker.ts') },
    outdir,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    logLevel: 'warning',
  });
  return pathToFileURL(join(outdir, 'spectra.js')).href;
}

/** In the order of a round. */
function contestants(bundle, folder, { reason, torch }) {
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
  if (reason) return own;
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
  const truth = peers.reason ? null : await peer('svd64', 1, file, folder);
  const times = new Map(all.map(({ key }) => [key, []]));
  const found = new Map();
  for (let round = 0; round < Number(options.rounds); round += 1) {
    for (const { key, run: measureIt } of all) {
      found.set(key, await measureIt(file));
      times.get(key).push(found.get(key).seconds);
    }
  }
  const condition = truth ? ` (σ_min ${(truth.values.at(-1) / truth.values[0]).toExponential(1)} σ₁)` : '';
  console.log(line(`${kind}${condition}`, 'time', truth ? ['σ₁ error', 'top 1% error', 'worst σ / σ₁'] : []));
  for (const { label, key } of all) {
    console.log(
      line(`  ${label}`, `${median(times.get(key)).toFixed(2)} s`, truth ? errors(found.get(key), truth) : []),
    );
  }
  if (truth) console.log(line('  numpy svd, float64, 1 thread (the truth)', `${truth.seconds.toFixed(2)} s`, []));
  console.log(
    `    widths of the fast bounds${truth ? ' (! if the truth lies outside)' : ''}: ${widths(found.get('fast').metrics, truth?.values)}`,
  );
}

/**
 * As the matrices of a checkpoint are: twice through all, since the worker stage of the last one overlaps with nothing.
 */
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
        `  processor ${per('cpuSeconds')} s, peak memory ${peak.toFixed(0)} MiB (limit ${allowed.toFixed(0)} MiB)`,
    );
  }
}

function line(label, time, columns) {
  return `  ${label.padEnd(76)}${time.padStart(9)}${columns.map((column) => column.padStart(14)).join('')}`.trimEnd();
}

async function measured(bundle, files, folder, method) {
  const into = join(folder, 'values');
  const { stdout } = await run(process.execPath, [
    ...process.execArgv,
    script,
    '--device',
    options.device,
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
