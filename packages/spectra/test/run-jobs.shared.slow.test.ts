import { truncateSync } from 'node:fs';
import { tensorPlace } from '@shadow-gate/checkpoints/naming';
import type { MatrixSource } from '@shadow-gate/spectra';
import { type Job, runJobs } from '@shadow-gate/spectra';
import { describe, expect, it } from 'vitest';
import { exactSpectrum } from '../src/exact/exact-spectrum.ts';
import { planJob } from '../src/jobs.ts';
import { pseudoRandom, stored } from './exact/matrices.ts';

const device = { name: 'cpu', reason: 'test' } as const;

function planOf(...matrices: MatrixSource[]): { jobs: Job[]; vectors: [] } {
  const jobs = matrices.map((matrix, index) => {
    const name = `layer.${index}`;
    const target = { name, place: tensorPlace(name, { multimodal: false }), shape: matrix.view.shape, matrix };
    return planJob({ kind: 'weight', of: 'weight', ...target }, { method: 'exact', device });
  });
  return { jobs, vectors: [] };
}

async function measure(plan: ReturnType<typeof planOf>, memoryLimit = Number.POSITIVE_INFINITY) {
  const found: { name: string; values: Float64Array; accumulation: string }[] = [];
  const findings = await runJobs(plan, {
    device,
    memoryLimit,
    onResult: (result) => {
      if (result.isKnown) throw new Error('nothing was looked up');
      const { singularValues: values, accumulation } = result.spectrum;
      found.push({ name: result.job.name, values, accumulation });
    },
  });
  return { found, findings };
}

describe('the jobs of a plan', () => {
  it('are reported in order, large and small, with the values that each matrix has alone', async () => {
    const matrices = [
      await stored(1040, 1030, pseudoRandom('flat', 1040, 1030, 1)),
      await stored(30, 40, pseudoRandom('flat', 30, 40, 2)),
      // Needs float64: it returns to the device while the next one is in progress.
      await stored(1030, 1030, new Float64Array(1030 * 1030).fill(1)),
      await stored(50, 20, pseudoRandom('heavy', 50, 20, 2)),
    ];
    const { found } = await measure(planOf(...matrices));
    expect(found.map(({ name }) => name)).toEqual(['layer.0', 'layer.1', 'layer.2', 'layer.3']);
    expect(found.map(({ accumulation }) => accumulation)).toEqual(['float32', 'float64', 'float64', 'float64']);
    for (const index of [0, 1, 3]) {
      const alone = await exactSpectrum(matrices[index] ?? expect.fail(), { device });
      expect(found[index]?.values).toEqual(alone.singularValues);
    }
    expect(found[2]?.values[0]).toBeCloseTo(1030, 9);
  });

  it('stop at the first that fails: the error names it, and earlier results were reported', async () => {
    const whole = await stored(40, 30, pseudoRandom('flat', 40, 30, 1));
    const broken = await stored(1030, 1030, pseudoRandom('flat', 1030, 1030, 1));
    truncateSync(broken.source.file, 1000);
    const reported: string[] = [];
    const measuring = runJobs(planOf(whole, broken, whole), {
      device,
      memoryLimit: 1e12,
      onResult: ({ job }) => reported.push(job.name),
    });
    await expect(measuring).rejects.toThrow(/layer\.1 \(weight\)/);
    expect(reported).toEqual(['layer.0']);
  });

  it('leave out a matrix over the memory limit, and say so, but measure the rest', async () => {
    const large = await stored(1030, 1030, pseudoRandom('flat', 1030, 1030, 1));
    const small = await stored(40, 30, pseudoRandom('flat', 40, 30, 1));
    const { found, findings } = await measure(planOf(large, small), 2 ** 20);
    expect(found.map(({ name }) => name)).toEqual(['layer.1']);
    expect(findings.skipped).toEqual([
      {
        name: 'layer.0',
        reason: expect.stringContaining('over the memory limit'),
        dtype: 'F32',
        parameters: 1030 * 1030,
        cause: 'not-enough-memory',
      },
    ]);
  });

  it('name the matrices that contain NaN', async () => {
    const values = pseudoRandom('flat', 1030, 1030, 1);
    values[7] = Number.NaN;
    const { findings } = await measure(planOf(await stored(1030, 1030, values)));
    expect(findings.nonFinite).toEqual([{ name: 'weight', nan: 1, inf: 0 }]);
  });
});
