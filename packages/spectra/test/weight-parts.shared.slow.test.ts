import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint, openReference } from '@shadow-gate/checkpoints';
import { listMatrices } from '@shadow-gate/checkpoints/matrices';
import { at } from '@shadow-gate/platform';
import { type Job, planSpectra, runJobs } from '@shadow-gate/spectra';
import { describe, expect, it } from 'vitest';
import { fixture, readJson, temporaryFolder } from '../../../test/fixtures.ts';
import { CPU, languageModel } from '../../../test/language-models.ts';
import { hashed, writeFamily } from '../../checkpoints/test/weight-names.ts';
import { float32, type RawTensor, writeSafetensors } from '../../checkpoints/test/write-safetensors.ts';
import { matchNames } from '../src/match-names.ts';

/** `layers.0.linear_attn.in_proj_qkv[q]` or `experts 0 3 gate_proj` → singular values: see make_weight_parts.py. */
type Parts = Readonly<Record<string, readonly number[]>>;
interface ExpertUpdates {
  /** Name → shape of the tensors of the adapter. */
  readonly factors: Readonly<Record<string, readonly number[]>>;
  readonly parts: Parts;
}
const { folders, families, updates, expertUpdates } = readJson<
  Record<'folders' | 'families' | 'updates', Readonly<Record<string, Parts>>> & {
    readonly expertUpdates: Readonly<Record<string, ExpertUpdates>>;
  }
>(fixture('weight-parts.json'));

/** The file has ten digits. */
const TOLERANCE = 1e-7;

/** The key of a matrix in the file, whatever is before the layers in its name. */
function keyOf({ name, place: { layer, expert, module } }: Job): string {
  if (expert !== null) return `experts ${layer} ${expert} ${module}`;
  return name.replace(/^.*?((layers|h)\.\d+\.)/, '$1').replace(/\.weight\[/, '[');
}

const PREFERENCES = { method: 'exact', device: CPU } as const;

async function measureParts(folder: string, parts: Parts) {
  const plan = planSpectra(await openReference(folder), null, PREFERENCES);
  return measureJobs(plan.jobs.filter((job) => keyOf(job) in parts && job.place.component !== 'vision'));
}

async function measureJobs(jobs: readonly Job[], keyOfJob = keyOf) {
  const found = new Map<string, readonly number[]>();
  await runJobs(
    { jobs, vectors: [] },
    {
      device: CPU,
      memoryLimit: Number.POSITIVE_INFINITY,
      onResult: (result) => {
        if (result.isKnown) return;
        const key = keyOfJob(result.job);
        expect(found.has(key), `two of ${key}`).toBe(false);
        found.set(key, [...(result.spectrum.singularValues ?? [])]);
      },
    },
  );
  return found;
}

function expectClose(found: ReadonlyMap<string, readonly number[]>, parts: Parts): void {
  expect([...found.keys()].sort()).toEqual(Object.keys(parts).sort());
  for (const [key, values] of Object.entries(parts)) {
    const own = found.get(key) ?? [];
    expect(own.length, key).toBeGreaterThanOrEqual(values.length);
    const apart = values.map((value, i) => Math.abs(value - (own[i] ?? Number.NaN)) / (values[0] ?? 1));
    expect(Math.max(...apart), key).toBeLessThan(TOLERANCE);
  }
}

describe('the parts of fused matrices have the singular values of the rows that transformers takes for them', () => {
  it.each(Object.entries(folders))('%s', async (name, parts) => {
    expectClose(await measureParts(languageModel(name), parts), parts);
  });

  it.each(Object.entries(families))('%s, which does not run', async (name, parts) => {
    expectClose(await measureParts(writeFamily(name), parts), parts);
  });
});

/** An adapter of rank 3 and alpha 6 for these modules, with `hashed` factors. */
function writeAdapter(modules: Readonly<Record<string, readonly number[]>>): string {
  const factors = Object.entries(modules).flatMap(([name, shape]) =>
    (['lora_A', 'lora_B'] as const).map((factor) => {
      const size = factor === 'lora_A' ? [3, at(shape, 1)] : [at(shape, 0), 3];
      return [`base_model.model.${name}.${factor}.weight`, float32(size, hashed(`${name}.${factor}`, size))] as const;
    }),
  );
  return writeFactors(Object.fromEntries(factors), { target_modules: Object.keys(modules) });
}

function writeFactors(factors: Readonly<Record<string, RawTensor>>, targets: Record<string, unknown>): string {
  const folder = temporaryFolder();
  const config = { peft_type: 'LORA', r: 3, lora_alpha: 6, ...targets };
  writeFileSync(join(folder, 'adapter_config.json'), JSON.stringify(config));
  writeSafetensors(join(folder, 'adapter_model.safetensors'), factors);
  return folder;
}

describe('the update of an adapter of a fused matrix has the parts of its weight', () => {
  it.each(Object.entries(updates))('%s', async (name, parts) => {
    const reference = await openReference(languageModel(name));
    const modules = new Set(Object.keys(parts).map((key) => key.replace(/\.weight\[.*$/, '')));
    const nameInFile = matchNames(
      [...modules].map((module) => `${module}.weight`),
      reference.tensors,
    );
    const shapes = [...modules].map((module) => {
      const stored = reference.tensors.get(nameInFile(`${module}.weight`));
      return [module, stored?.shape ?? expect.fail(`${module} is not in the file`)] as const;
    });
    const adapter = await openCheckpoint(writeAdapter(Object.fromEntries(shapes)));
    const { jobs } = planSpectra(adapter, reference, PREFERENCES);
    expectClose(await measureJobs(jobs, (job) => job.name), parts);
    const types = new Map(listMatrices(reference).matrices.map((matrix) => [matrix.name, matrix.place]));
    for (const { name: part, place } of jobs) {
      const [, module = '', label = ''] = /^(.*)(\[\w+\])$/.exec(part) ?? [];
      expect(place, part).toEqual(types.get(nameInFile(module) + label));
    }
  });
});

describe('an adapter of the weights of all experts has the updates that PEFT adds to each', () => {
  const target_parameters = ['experts.gate_up_proj', 'experts.down_proj'];
  const write = ({ factors }: ExpertUpdates, targets: Record<string, unknown> = { target_parameters }) =>
    writeFactors(
      Object.fromEntries(
        Object.entries(factors).map(([name, shape]) => [name, float32(shape, hashed(name, shape))] as const),
      ),
      targets,
    );
  const plan = async (folder: string, base: string | null) => {
    const reference = base === null ? null : await openReference(languageModel(base));
    return planSpectra(await openCheckpoint(folder), reference, PREFERENCES);
  };

  it.each(Object.entries(expertUpdates))('%s', async (name, updatesOfExperts) => {
    const { jobs } = await plan(write(updatesOfExperts), name);
    expectClose(await measureJobs(jobs), updatesOfExperts.parts);
    // Under the names and with the size of the base, however its file stores the experts.
    const stored = new Map(
      listMatrices(await openReference(languageModel(name))).matrices.map((matrix) => [matrix.name, matrix.place]),
    );
    for (const job of jobs) expect(job.place, job.name).toEqual(stored.get(job.name));
    expect(jobs.every((job) => job.kind === 'lora' && job.update.base !== null)).toBe(true);
  });

  const gptOss = expertUpdates['gpt-oss'] ?? expect.fail('no fixture of gpt-oss');

  it('without its base model: the halves of gate and up, which may alternate, are not split', async () => {
    const { jobs } = await plan(write(gptOss), null);
    const layer = jobs.filter(({ place }) => place.layer === 0 && place.expert === 0);
    expect(layer.map(({ name, place, note }) => [name, place.module, note])).toEqual([
      ['model.layers.0.mlp.experts.down_proj[expert 0]', 'down_proj', undefined],
      [
        'model.layers.0.mlp.experts.gate_up_proj[expert 0]',
        'other',
        'fused and not split: config.json of the base model is needed',
      ],
    ]);
  });

  it('is refused with a base of other experts', async () => {
    await expect(plan(write(gptOss), 'qwen3-moe')).rejects.toThrow(/updates expert 0 .* the reference .* has/);
  });

  it.each([
    ['no parameter is named', { target_modules: ['experts'] }, /target_modules of the config leaves it out/],
    ['one of two is named', { target_parameters: ['experts.down_proj'] }, /does not tell which of down_proj/],
    ['the rank is no divisor', { target_parameters, r: 4 }, /rank is 4 in the config and 15 in the weights/],
  ])('is refused where %s', async (_, targets, error) => {
    await expect(openCheckpoint(write(gptOss, targets))).rejects.toThrow(error);
  });

  it.each([
    ['more experts than any model has', 20_000, 1, /factors of 20000 experts, more than 10000/],
    ['many experts of few numbers', 5000, 1, /one of 5000 matrices with 4.0 parameters/],
  ])('is refused for %s, before any is planned', async (_, experts, r, error) => {
    const factors = {
      'base_model.model.model.layers.0.mlp.experts.lora_A.weight': [experts * r, 2],
      'base_model.model.model.layers.0.mlp.experts.lora_B.weight': [2, experts * r],
    };
    const targets = { r, target_parameters: ['mlp.experts.down_proj'] };
    await expect(plan(write({ factors, parts: {} }, targets), null)).rejects.toThrow(error);
  });
});
