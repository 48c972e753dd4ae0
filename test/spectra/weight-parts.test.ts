import { describe, expect, it } from 'vitest';
import { openReference } from '../../src/checkpoint/open.ts';
import { type Job, planSpectra } from '../../src/spectra/jobs.ts';
import { runJobs } from '../../src/spectra/run-jobs.ts';
import { writeFamily } from '../checkpoint/weight-names.ts';
import { fixture, readJson } from '../fixtures.ts';
import { CPU, languageModel } from '../language-model/runtime/engines.ts';

/** `layers.0.linear_attn.in_proj_qkv[q]` or `experts 0 3 gate_proj` → singular values: see make_weight_parts.py. */
type Parts = Readonly<Record<string, readonly number[]>>;
const { folders, families } = readJson<Record<'folders' | 'families', Readonly<Record<string, Parts>>>>(
  fixture('weight-parts.json'),
);

/** Of the ten digits that the file has. */
const TOLERANCE = 1e-7;

/** The key of a matrix in the file, whatever is before the layers in its name. */
function keyOf({ name, place: { layer, expert, module } }: Job): string {
  if (expert !== null) return `experts ${layer} ${expert} ${module}`;
  return name.replace(/^.*?layers\./, 'layers.').replace(/\.weight\[/, '[');
}

async function measureParts(folder: string, parts: Parts) {
  const checkpoint = await openReference(folder);
  const plan = planSpectra(checkpoint, null, { method: 'exact', device: CPU });
  const jobs = plan.jobs.filter((job) => keyOf(job) in parts && job.place.component !== 'vision');
  const found = new Map<string, readonly number[]>();
  await runJobs(
    { jobs, vectors: [] },
    {
      device: CPU,
      memoryLimit: Number.POSITIVE_INFINITY,
      onResult: (result) => {
        if (result.isKnown) return;
        expect(found.has(keyOf(result.job)), `two of ${keyOf(result.job)}`).toBe(false);
        found.set(keyOf(result.job), [...(result.spectrum.singularValues ?? [])]);
      },
    },
  );
  return found;
}

async function expectParts(folder: string, parts: Parts): Promise<void> {
  const found = await measureParts(folder, parts);
  expect([...found.keys()].sort()).toEqual(Object.keys(parts).sort());
  for (const [key, values] of Object.entries(parts)) {
    const own = found.get(key) ?? [];
    expect(own.length, key).toBe(values.length);
    const apart = values.map((value, i) => Math.abs(value - (own[i] ?? Number.NaN)) / (values[0] ?? 1));
    expect(Math.max(...apart), key).toBeLessThan(TOLERANCE);
  }
}

describe('the parts of fused matrices have the singular values of the rows that transformers takes for them', () => {
  it.each(Object.entries(folders))('%s', async (name, parts) => {
    await expectParts(languageModel(name), parts);
  });

  it.each(Object.entries(families))('%s, which does not run', async (name, parts) => {
    await expectParts(writeFamily(name), parts);
  });
});
