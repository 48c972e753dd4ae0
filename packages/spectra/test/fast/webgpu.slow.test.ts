import type { MatrixSource } from '@shadow-gate/spectra';
import { relativeWidth } from '@shadow-gate/spectra/bounded';
import { spectralMetrics } from '@shadow-gate/spectra/metrics';
import type { ExactMetrics, FastMetrics } from '@shadow-gate/spectra/metrics-schema';
import { expect, it } from 'vitest';
import { describeNeeds } from '../../../../test/needs.ts';
import { LAVAPIPE, runScript } from '../../../../test/run-script.ts';
import { exactSpectrum } from '../../src/exact/exact-spectrum.ts';
import type { Effort } from '../../src/fast/effort.ts';
import { boundedMetrics, STORING, violations } from './bounds.ts';
import { type Dtype, Numbers, SHAPES, stored, withSingularValues } from './matrices.ts';
import { cpu, measure } from './sweep.ts';

/** So little work that both the Krylov basis and the random probe vectors decide. */
const LITTLE: Effort = { block: 8, basis: 64 };

const MEASURE = `
  import { chooseDevice } from '#checkpoints/onnx/device.ts';
  import { fastSpectrum } from '#spectra/fast/fast-spectrum.ts';
  const device = await chooseDevice('webgpu');
  const found = [];
  for (const { matrix, reference, effort } of JSON.parse(process.env.CASES)) {
    found.push(await fastSpectrum(matrix, { device, reference, wantRowGini: true, effort }));
  }
  process.stdout.write(JSON.stringify({ device, found }));
`;

interface Case {
  readonly name: string;
  readonly matrix: MatrixSource;
  readonly reference: MatrixSource | null;
  readonly effort: Effort;
  readonly truth: ExactMetrics;
}

const numbers = new Numbers(7);

/** A matrix with known singular values; `scale` may be beyond what float32 can square. */
function known(shape: string, m: number, n: number, dtype: 'F32' | 'F64' = 'F32', scale = 1): Case {
  const sigma = (SHAPES[shape]?.(Math.min(m, n), numbers) ?? []).map((value) => scale * value);
  const truth = spectralMetrics(Float64Array.from(sigma), [m, n]);
  if (!truth) throw new Error('zero');
  const matrix = stored(withSingularValues(sigma, m, n, numbers), m, n, dtype);
  return { name: `${shape} ${dtype} [${m}, ${n}]`, matrix, reference: null, effort: LITTLE, truth };
}

/** A matrix whose true metrics are those of its exact spectrum, in float64 on the CPU. */
async function rounded(name: string, matrix: MatrixSource, reference: MatrixSource | null = null): Promise<Case> {
  const { metrics } = await exactSpectrum(matrix, { device: cpu, reference, wantRowGini: true });
  if (!metrics) throw new Error('no metrics');
  const effort = Math.min(...matrix.view.shape) < 150 ? { block: 16, basis: 1024 } : LITTLE;
  return { name, matrix, reference, effort, truth: metrics };
}

function shaped(shape: string, m: number, n: number, dtype: Dtype): MatrixSource {
  return stored(withSingularValues(SHAPES[shape]?.(Math.min(m, n), numbers) ?? [], m, n, numbers), m, n, dtype);
}

/** A matrix after and before an update of a tenth of its size, both in bfloat16. */
function update(m: number, n: number): [MatrixSource, MatrixSource] {
  const before = numbers.gaussians(m * n);
  const step = withSingularValues(SHAPES.heavyTail?.(Math.min(m, n), numbers) ?? [], m, n, numbers);
  const after = before.map((x, i) => x + 0.1 * (step[i] ?? 0));
  return [stored(after, m, n, 'BF16'), stored(before, m, n, 'BF16')];
}

describeNeeds(LAVAPIPE !== null, "Mesa's software adapter (mesa-vulkan-drivers)")(
  "the fast spectrum on WebGPU's software adapter",
  () => {
    it('has bounds that contain the truth, as narrow as those of the CPU', { timeout: 300_000 }, async () => {
      const [after, before] = update(330, 260);
      const longSums = numbers.gaussians(20_000 * 80).map((x) => 1 + x);
      const cases: Case[] = [
        known('heavyTail', 360, 280),
        known('equal', 220, 260),
        known('rankDeficient', 200, 200),
        known('lowRankAndNoise', 200, 300, 'F64', 1e-25),
        await rounded('gaussian BF16', shaped('gaussian', 220, 200, 'BF16')),
        await rounded('low rank and noise F16', shaped('lowRankAndNoise', 200, 220, 'F16')),
        await rounded('an update', after, before),
        // Sums of 20,000 terms of the same sign are rounded 20,000 times.
        await rounded('long sums', stored(longSums, 20_000, 80)),
        await rounded('fewer vectors than two blocks', stored(numbers.gaussians(23 * 20), 23, 20, 'BF16')),
      ];
      const env = { CASES: JSON.stringify(cases), VK_ICD_FILENAMES: LAVAPIPE ?? '' };
      const { device, found } = (await runScript(MEASURE, env)) as Found;
      expect(device.name).toBe('webgpu');
      for (const [i, { name, matrix, reference, effort, truth }] of cases.entries()) {
        // S is not formed on a device.
        const metrics = await measure(matrix, { reference, wantRowGini: true, effort, isExplicit: false });
        const onDevice = found[i]?.metrics ?? expect.fail(`${name}: no metrics`);
        expect(violations(onDevice, truth, STORING), name).toEqual([]);
        expect(onDevice.frobeniusNorm, name).toBe(metrics.frobeniusNorm);
        expect([onDevice.rowGini, onDevice.snr, onDevice.updateSize], name).toEqual([
          metrics.rowGini,
          metrics.snr,
          metrics.updateSize,
        ]);
        for (const [k, [label, { value }]] of boundedMetrics(onDevice).entries()) {
          const onCpu = boundedMetrics(metrics)[k]?.[1].value ?? Number.NaN;
          expect(Math.abs(value / onCpu - 1), `${name}: ${label}`).toBeLessThan(1e-4);
        }
        const widths = (of: FastMetrics) => boundedMetrics(of).map(([, measured]) => relativeWidth(measured));
        for (const [k, width] of widths(onDevice).entries()) {
          expect(width, `${name}: width ${k}`).toBeLessThan(1.1 * (widths(metrics)[k] ?? 0) + 1e-6);
        }
      }
    });
  },
);

interface Found {
  readonly device: { readonly name: string };
  readonly found: ReadonlyArray<{ readonly metrics: FastMetrics | null }>;
}
