// Fast spectra against LAPACK and a randomized SVD: time, width, truth. Usage: npm run bench:fast-spectra [-- ROWSxCOLUMNS …]
//
// Writes its own matrices. Their truth is the eigenvalues of the Gram matrix in float64, by numpy where python3 has it;
// without it only times and widths are shown. Times are medians; on a busy machine only ratios within one run mean much.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importSources } from './run/import-sources.mjs';

const REPEATS = 3;

const PYTHON = `
import json, sys, time
import numpy as np
from scipy.linalg import svdvals, qr
folder, m, n, kind, dtype = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5]
rng = np.random.default_rng(7)
def orthonormal(rows, columns):
    return np.linalg.qr(rng.standard_normal((rows, columns), dtype=np.float32))[0]
k = min(m, n)
if kind == 'flat':
    a = rng.standard_normal((m, n), dtype=np.float32)
elif kind == 'heavyTail':
    a = (orthonormal(m, k) * np.arange(1, k + 1, dtype=np.float32) ** -0.5) @ orthonormal(n, k).T
else:
    noise = rng.standard_normal((m, n), dtype=np.float32) * np.float32(0.02 / np.sqrt(n))
    a = (orthonormal(m, 16) * np.linspace(1, 0.3, 16, dtype=np.float32)) @ orthonormal(n, 16).T + noise
a = np.ascontiguousarray(a, dtype=np.float32)
if dtype == 'BF16':
    bits = a.view(np.uint32)
    halves = ((bits + 0x7fff + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
    halves.tofile(folder + '/matrix.bin')
    a = (halves.astype(np.uint32) << 16).view(np.float32)
else:
    a.tofile(folder + '/matrix.bin')
def timed(work):
    times = []
    for _ in range(${REPEATS}):
        start = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - start)
    return float(np.median(times)), result
exact_time, _ = timed(lambda: svdvals(a, check_finite=False))
def randomized():
    width = -(-k * 5 // 100) + 10
    y = a @ rng.standard_normal((n, width), dtype=np.float32)
    for _ in range(2):
        y = a @ (a.T @ qr(y, mode='economic')[0])
    return np.linalg.svd(qr(y, mode='economic')[0].T @ a, compute_uv=False)
randomized_time, sigma = timed(randomized)
b = a.astype(np.float64)
eigenvalues = np.linalg.eigvalsh(b.T @ b if m >= n else b @ b.T)[::-1].clip(0)
json.dump({'exact': exact_time, 'randomized': randomized_time, 'sigma': sigma.tolist(), 'eigenvalues': eigenvalues.tolist()}, sys.stdout)
`;

const { fastSpectrum, wholeMatrix, spectralMetrics } = await importSources({
  fastSpectrum: 'src/spectra/fast/fast-spectrum.ts',
  wholeMatrix: 'src/checkpoint/matrix-view.ts',
  spectralMetrics: 'src/spectra/metrics.ts',
});

const sizes = process.argv.slice(2).map((size) => size.split('x').map(Number));
const device = { name: 'cpu', reason: 'benchmark' };
for (const [m, n] of sizes.length > 0
  ? sizes
  : [
      [1024, 4096],
      [4096, 4096],
      [11008, 4096],
    ]) {
  for (const [kind, dtype] of [
    ['heavyTail', 'BF16'],
    ['flat', 'BF16'],
    ['lowRank', 'F32'],
  ]) {
    await bench(m, n, kind, dtype);
  }
}

async function bench(m, n, kind, dtype) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-fast-spectra-'));
  try {
    const python = spawnSync('python3', ['-c', PYTHON, folder, m, n, kind, dtype], {
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (python.status !== 0) throw new Error('python3 with numpy and scipy writes the matrices');
    const answer = JSON.parse(python.stdout);
    const file = join(folder, 'matrix.bin');
    const byteLength = readFileSync(file).byteLength;
    const source = { name: kind, dtype, shape: [m, n], size: m * n, file, offset: 0, byteLength };
    const times = [];
    let metrics;
    for (let i = 0; i < REPEATS; i += 1) {
      const start = performance.now();
      ({ metrics } = await fastSpectrum({ source, view: wholeMatrix([m, n]) }, null, false, device));
      times.push((performance.now() - start) / 1000);
    }
    const ours = times.sort((a, b) => a - b)[Math.floor(REPEATS / 2)];
    console.log(
      `\n${kind} ${dtype} ${m}×${n}: ours ${ours.toFixed(2)} s (best ${times[0].toFixed(2)}), svdvals ${answer.exact.toFixed(2)} s ` +
        `(${(answer.exact / ours).toFixed(1)} ×), randomized SVD ${answer.randomized.toFixed(2)} s, ` +
        `peak ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB so far`,
    );
    report(metrics, answer, m, n);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function report(metrics, { eigenvalues, sigma }, m, n) {
  const truth = spectralMetrics(Float64Array.from(eigenvalues, Math.sqrt), [m, n]);
  const total = eigenvalues.reduce((sum, value) => sum + value, 0);
  const M = eigenvalues.length;
  const counts = { 1: 1, 8: 8, '1%': Math.ceil(M / 100), '5%': Math.ceil((5 * M) / 100) };
  const rows = [
    ...['spectralNorm', 'stableRank', 'participationRatio', 'effectiveRank'].map((key) => [
      key,
      metrics[key],
      truth[key],
    ]),
    ...Object.keys(counts).map((key) => [
      `topEnergy ${key}`,
      metrics.topEnergy[key],
      truth.topEnergy[key],
      counts[key],
    ]),
  ];
  for (const [name, { value, low, high }, exact, count] of rows) {
    const isTrue = low <= exact && exact <= high;
    const randomized = count && sigma.slice(0, count).reduce((sum, x) => sum + x * x, 0) / total / exact - 1;
    console.log(
      `  ${name.padEnd(20)} ${exact.toPrecision(6).padStart(12)}  width ${((high - low) / value).toExponential(1)}  ` +
        `error ${(value / exact - 1).toExponential(1).padStart(8)}  ${isTrue ? 'true' : 'FALSE'}` +
        `${count ? `   randomized SVD off by ${randomized.toExponential(1)}` : ''}`,
    );
  }
}
