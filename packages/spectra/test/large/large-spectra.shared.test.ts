import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Semaphore } from '@shadow-gate/platform';
import type { MatrixSource } from '@shadow-gate/spectra';
import { describe, expect, it } from 'vitest';
import { withBundles } from '../../../../scripts/bench/process-bundle.ts';
import { temporaryFolder } from '../../../../test/fixtures.ts';
import { LargeSpectra } from '../../src/large/large-spectra.ts';
import { type LargeMatrix, largeSpectrum } from '../../src/large/large-spectrum.ts';
import { Numbers, stored } from '../fast/matrices.ts';
import { cpu } from '../fast/sweep.ts';

const [M, N] = [600, 520];

function question(seed: number, more: Partial<LargeMatrix> = {}): LargeMatrix {
  const matrix = stored(new Numbers(seed).gaussians(M * N), M, N);
  return { method: 'fast', matrix, reference: null, device: cpu, wantRowGini: true, ...more };
}

/** An expanded tensor, as of a quantized weight: how it is expanded is a function. */
function expanded({ source, view }: MatrixSource): MatrixSource {
  return { source, view, compute: (graph) => graph.constant(new Array(M * N).fill(0.5), 'float32', [M, N]) };
}

async function using<T>(entry: URL, work: (spectra: LargeSpectra) => Promise<T>): Promise<T> {
  const spectra = new LargeSpectra({ mutex: new Semaphore(1), matrices: 5, entry });
  return work(spectra).finally(() => spectra.close());
}

describe.runIf(availableParallelism() > 1)('spectra of large matrices', () => {
  it('are the same in threads as in this one, and come as they were asked for', async () => {
    const reference = stored(new Numbers(9).gaussians(M * N), M, N);
    const questions = [
      question(1),
      question(2, { method: 'screened' }),
      question(3, { reference }),
      question(4, { method: 'screened', reference, wantRowGini: false }),
      question(5),
    ];
    await withBundles({ 'large-worker': 'packages/spectra/src/large/large-worker.ts' }, async (folder) => {
      const entry = pathToFileURL(join(folder, 'large-worker.js'));
      const { threads, found } = await using(entry, async (spectra) => ({
        threads: Math.floor(availableParallelism() / spectra.threads),
        found: await Promise.all(questions.map((asked) => spectra.spectrum(asked))),
      }));
      const expected = await Promise.all(
        questions.map((asked) => largeSpectrum({ ...asked, device: { ...cpu, threads } })),
      );
      expect(found).toEqual(expected);
      expect(found.map(({ method }) => method)).toEqual(['fast', 'screened', 'fast', 'screened', 'fast']);
    });
  });

  it('come from this thread where another one cannot know them, or fails', async () => {
    const failing = join(temporaryFolder(), 'failing.mjs');
    writeFileSync(
      failing,
      `import { parentPort } from 'node:worker_threads';
       parentPort.on('message', () => parentPort.postMessage({ error: new Error('no memory') }));`,
    );
    const asked = question(6);
    const computed = question(7, { matrix: expanded(asked.matrix) });
    await using(pathToFileURL(failing), async (spectra) => {
      const threads = Math.floor(availableParallelism() / spectra.threads);
      const expected = await largeSpectrum({ ...asked, device: { ...cpu, threads } });
      expect(await spectra.spectrum(asked)).toEqual(expected);
      const { metrics } = await spectra.spectrum(computed);
      expect(metrics?.frobeniusNorm).toBeCloseTo(0.5 * Math.sqrt(M * N), 5);
    });
  });

  it('reports what is wrong as this thread does', async () => {
    const { matrix } = question(8);
    const missing = { ...matrix, source: { ...matrix.source, file: join(temporaryFolder(), 'gone.bin') } };
    const absent = pathToFileURL(join(temporaryFolder(), 'missing.mjs'));
    await using(absent, async (spectra) => {
      await expect(spectra.spectrum(question(8, { matrix: missing }))).rejects.toThrow(/gone\.bin/);
    });
  });
});
