// Exact and fast spectra beside what LAPACK takes, all in one run: times, errors against a float64 SVD, peak memory. Needs python3
// with numpy and scipy. Usage:
//   npm run bench:spectra [-- --sizes 4096x4096,11008x4096] [--rounds 3] [--kinds heavy,flat,low-rank] [--dtypes bf16]
//   npm run bench:spectra -- --model 7b [--layers 2]: a share of a model's layers through the built command line
//
// The ratios are what to quote: the machine's speed is the same for all. Every number is the median of `rounds`, but for the
// float64 SVD on one thread, which is run once per matrix, as the truth too.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { build } from 'esbuild';
import { benchModel } from './bench-model.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const script = fileURLToPath(import.meta.url);
const run = promisify(execFile);

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
  const megabytes = process.resourceUsage().maxRSS / 1024;
  const cpu = process.cpuUsage();
  console.log(
    JSON.stringify({
      seconds,
      cpuSeconds: (cpu.user + cpu.system) / 1e6,
      megabytes,
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
    for (const size of options.sizes.split(',')) {
      for (const dtype of options.dtypes.split(',')) await compareSize(folder, bundle, size, dtype);
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
    measureSpectra: 'src/spectra/spectra.ts',
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

async function compareSize(folder, bundle, size, dtype) {
  const [m, n] = size.split('x').map(Number);
  const rounds = Number(options.rounds);
  const kinds = options.kinds.split(',');
  const files = [];
  for (const [seed, kind] of kinds.entries()) {
    const file = join(folder, `${kind}-${size}.safetensors`);
    await python(2, 'make', file, kind, m, n, dtype, seed);
    files.push(file);
  }
  console.log(`\n${m} × ${n} ${dtype}, median of ${rounds}`);
  const times = { exact: [], sequence: [], fast: [], fastSequence: [], svdvals: [], gram: [], svd64: [] };
  const cpu = [];
  let megabytes = 0;
  for (const [k, file] of files.entries()) {
    const truth = await lapack('svd64', 1, file, folder);
    times.svd64.push(truth.seconds);
    let exact;
    let fast;
    let brackets;
    let gram;
    for (let round = 0; round < rounds; round += 1) {
      exact = await exactly(bundle, [file], folder);
      times.exact.push(exact.seconds);
      fast = await lapack('svdvals', 2, file, folder);
      times.svdvals.push(fast.seconds);
      gram = await lapack('gram', 2, file, folder);
      times.gram.push(gram.seconds);
      brackets = await exactly(bundle, [file], folder, 'fast');
      times.fast.push(brackets.seconds);
    }
    console.log(
      `  σ error / σ₁, ${kinds[k]} (σ_min ${ratio(truth.values).toExponential(1)} σ₁): exact ${error(exact, truth)} (${exact.accumulation}),` +
        ` svdvals ${error(fast, truth)}, eigvalsh ${error(gram, truth)}`,
    );
    console.log(
      `  fast, width of the value (! where the truth lies outside): ${widths(brackets.metrics, truth.values)}`,
    );
  }
  // Twice through all of them: the last one's worker stage has nothing beside it.
  const sequence = [...files, ...files];
  for (let round = 0; round < rounds; round += 1) {
    const found = await exactly(bundle, sequence, folder);
    times.sequence.push(found.seconds / sequence.length);
    cpu.push(found.cpuSeconds / sequence.length);
    const quick = await exactly(bundle, sequence, folder, 'fast');
    times.fastSequence.push(quick.seconds / sequence.length);
    megabytes = Math.max(megabytes, found.megabytes, quick.megabytes);
  }
  const throughput = median(times.sequence);
  const row = (label, seconds) =>
    console.log(
      `  ${label.padEnd(46)}${seconds.toFixed(2).padStart(8)} s   ${(seconds / throughput).toFixed(2).padStart(6)} ×`,
    );
  row(`exact, one of a sequence of ${sequence.length}`, throughput);
  row('exact, alone', median(times.exact));
  row(`fast, one of a sequence of ${sequence.length}`, median(times.fastSequence));
  row('fast, alone', median(times.fast));
  row('scipy svdvals, float32, 2 threads', median(times.svdvals));
  row('numpy eigvalsh of the float64 Gram, 2 threads', median(times.gram));
  row('numpy svd, float64, 1 thread', median(times.svd64));
  const allowed = (4 * 4 * m * n) / 1024 ** 2 + 500;
  console.log(
    `  processor time ${median(cpu).toFixed(2)} s per matrix; peak memory ${megabytes.toFixed(0)} MiB of ${allowed.toFixed(0)} MiB promised`,
  );
}

async function python(threads, ...parameters) {
  const env = { ...process.env, OPENBLAS_NUM_THREADS: String(threads), OMP_NUM_THREADS: String(threads) };
  const { stdout } = await run('python3', [join(root, 'scripts/bench-spectra.py'), ...parameters.map(String)], { env });
  return stdout;
}

async function lapack(routine, threads, file, folder) {
  const into = join(folder, 'values');
  const { seconds } = JSON.parse(await python(threads, routine, file, into));
  return { seconds, values: await readValues(into) };
}

async function exactly(bundle, files, folder, method = 'exact') {
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

async function readValues(file) {
  return new Float64Array(new Uint8Array(await readFile(file)).buffer);
}

function error({ values }, { values: truth }) {
  return Math.max(...truth.map((sigma, i) => Math.abs(sigma - values[i]) / truth[0])).toExponential(1);
}

/** How wide each bracket is, and whether the truth lies in it. */
function widths(metrics, sigma) {
  const energies = sigma.map((value) => (value / sigma[0]) ** 2);
  const total = energies.reduce((sum, value) => sum + value, 0);
  const square = energies.reduce((sum, value) => sum + value * value, 0);
  const entropy = -energies.reduce(
    (sum, value) => sum + (value > 0 ? (value / total) * Math.log(value / total) : 0),
    0,
  );
  const top = (k) => energies.slice(0, Math.ceil(k)).reduce((sum, value) => sum + value, 0) / total;
  const truths = {
    spectralNorm: [metrics.spectralNorm, sigma[0]],
    stableRank: [metrics.stableRank, total],
    'top 1': [metrics.topEnergy['1'], top(1)],
    'top 8': [metrics.topEnergy['8'], top(8)],
    'top 1 %': [metrics.topEnergy['1%'], top(sigma.length / 100)],
    'top 5 %': [metrics.topEnergy['5%'], top(sigma.length / 20)],
    participationRatio: [metrics.participationRatio, (total * total) / square],
    effectiveRank: [metrics.effectiveRank, Math.exp(entropy)],
  };
  return Object.entries(truths)
    .map(([name, [bracket, truth]]) => {
      const { value, low, high } =
        typeof bracket === 'number' ? { value: bracket, low: bracket, high: bracket } : bracket;
      const slack = 1e-9 * truth;
      const isTrue = low - slack <= truth && truth <= high + slack;
      return `${name} ${((high - low) / value).toExponential(0)}${isTrue ? '' : ' !'}`;
    })
    .join(', ');
}

function ratio(values) {
  return values.at(-1) / values[0];
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
