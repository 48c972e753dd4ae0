import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openReference } from '@shadow-gate/checkpoints';
import { findQuantization, folderOfWeights, quantizationSettings } from '@shadow-gate/checkpoints/formats';
import { listMatrices } from '@shadow-gate/checkpoints/matrices';
import { float32Output, runGraph } from '@shadow-gate/checkpoints/onnx';
import { ElementType, Graph, type Value } from '@shadow-gate/checkpoints/onnx/graph';
import type { TensorEntry } from '@shadow-gate/checkpoints/tensors';
import { tensorValue } from '@shadow-gate/checkpoints/tensors';
import { FolderFiles } from '@shadow-gate/platform/files';
import { describe, expect, it } from 'vitest';
import { fixture, readJson, temporaryFolder } from '../../../../test/fixtures.ts';
import { CPU, languageModel } from '../../../../test/language-models.ts';
import { readRaw, writeSafetensors } from '../../../checkpoints/test/write-safetensors.ts';
import { difference, logSoftmax, openLora, readCases, rowsOf, TOLERANCE, withEngine } from '../runtime/engines.ts';

const FOLDERS = readdirSync(fixture('quantized'));
const MLX_LAYOUTS = readdirSync(fixture('mlx-layouts'));
const CONSOLIDATED = readdirSync(fixture('consolidated'));

function valuesOf(entry: TensorEntry): Promise<Float32Array> {
  return computed((graph) => graph.cast(tensorValue(graph, entry), ElementType.float32));
}

async function computed(value: (graph: Graph) => Value): Promise<Float32Array> {
  const graph = new Graph();
  graph.output('values', value(graph), ElementType.float32);
  return float32Output(await runGraph(graph, CPU), 'values');
}

async function digestOf(entry: TensorEntry): Promise<string> {
  // Zeros have no sign here.
  const values = (await valuesOf(entry)).map((value) => value + 0);
  return createHash('sha256')
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest('hex');
}

describe.each(FOLDERS)('the quantized checkpoint %s', (name) => {
  const folder = fixture('quantized', name);
  const expected: Record<string, { readonly shape: number[]; readonly sha256: string }> = JSON.parse(
    readFileSync(join(folder, 'expected.json'), 'utf8'),
  );

  it('has the numbers of its library, bit for bit', async () => {
    const { tensors } = await openReference(folder);
    const quantized = [...tensors.values()].filter(({ recipe }) => recipe !== undefined);
    expect(quantized.map((entry) => entry.name)).toEqual(Object.keys(expected).sort());
    for (const entry of quantized) {
      expect(expected[entry.name]).toMatchObject({ shape: entry.shape, sha256: await digestOf(entry) });
    }
  });

  it('is not refused, and every matrix of it is measured', async () => {
    const checkpoint = await openReference(folder);
    expect(findQuantization(checkpoint)).toBeNull();
    const { matrices, skipped } = listMatrices(checkpoint);
    expect(skipped).toEqual([]);
    expect(matrices.filter(({ place }) => place.module === 'other')).toEqual([]);
  });

  it('gives the log-probabilities of transformers with these numbers', async () => {
    await withEngine(folder, {}, async (engine) => {
      for (const { tokens, logits } of readCases(join(folder, 'expected.safetensors'))) {
        expect(difference(await engine.logits(tokens), logits)).toBeLessThanOrEqual(TOLERANCE);
      }
    });
  });
});

/** A fixture with other files and another section in its config.json. */
function changed(name: string, section: unknown, files: Readonly<Record<string, unknown>> = {}): string {
  const folder = join(temporaryFolder(), name);
  cpSync(fixture('quantized', name), folder, { recursive: true });
  const { quantization_config: _, ...config } = readJson<Record<string, unknown>>(join(folder, 'config.json'));
  const written = { ...files, 'config.json': { ...config, ...(section ? { quantization_config: section } : {}) } };
  for (const [file, content] of Object.entries(written)) writeFileSync(join(folder, file), JSON.stringify(content));
  return folder;
}

describe('the settings of a quantization', () => {
  const second = { quant_method: 'gptq', bits: 3, group_size: 32, sym: false };
  it.each<[string, string, unknown, Record<string, unknown>]>([
    ["GPTQModel's newer key", 'gptq-3bit', { ...second, method: 'gptq', format: 'gptq_v2' }, {}],
    ["AutoGPTQ's own file", 'gptq-3bit', null, { 'quantize_config.json': { ...second, checkpoint_format: 'gptq_v2' } }],
    ["AutoAWQ's own file", 'awq', null, { 'quant_config.json': { w_bit: 4, q_group_size: 16, version: 'GEMM' } }],
  ])('are read from %s', async (_, name, section, files) => {
    const [{ tensors: found }, { tensors: expected }] = await Promise.all([
      openReference(changed(name, section, files)),
      openReference(fixture('quantized', name)),
    ]);
    const weight = 'model.layers.0.mlp.down_proj.weight';
    const [one, other] = [found.get(weight), expected.get(weight)];
    expect(one?.recipe?.parameters).toEqual(other?.recipe?.parameters);
    if (one && other) expect(difference(await valuesOf(one), await valuesOf(other))).toBe(0);
  });

  it.each(['bin', 'ckpt', 'pt', 'pth', 'safetensors'])(
    'are next to a lone file of .%s, and in a folder of that name',
    async (suffix) => {
      const file = join(changed('gptq-3bit', null, { 'quantize_config.json': second }), `model.${suffix}`);
      expect(folderOfWeights(file)).toBe(dirname(file));
      expect(await quantizationSettings({ path: file, files: new FolderFiles(dirname(file)), config: null })).toEqual(
        second,
      );
      const folder = join(temporaryFolder(), `epoch.${suffix}`);
      renameSync(dirname(file), folder);
      expect(await quantizationSettings({ path: folder, files: new FolderFiles(folder), config: null })).toEqual(
        second,
      );
    },
  );

  it('come with biases of zeros in old files, which models without biases do not have', async () => {
    const tensors = readRaw(join(fixture('quantized', 'gptq-4bit'), 'model.safetensors'));
    const name = 'model.layers.0.mlp.down_proj.bias';
    for (const [value, isRun, outputs] of [
      [0, true, 64],
      // As many outputs as no description has.
      [0, true, 53_248],
      [1, false, 64],
    ] as const) {
      const folder = changed('gptq-4bit', {
        quant_method: 'gptq',
        bits: 4,
        group_size: 32,
        sym: false,
        desc_act: true,
      });
      const bias = { dtype: 'F16', shape: [outputs], data: new Uint8Array(2 * outputs).fill(value) };
      writeSafetensors(join(folder, 'model.safetensors'), { ...tensors, [name]: bias });
      const logits = withEngine(folder, {}, async (engine) => (await engine.logits([1, 2])).length);
      await (isRun ? expect(logits).resolves.toBeGreaterThan(0) : expect(logits).rejects.toThrow('does not describe'));
    }
  });

  it('give NaN where a column is of a group that there is not', async () => {
    const folder = changed('gptq-4bit', { quant_method: 'gptq', bits: 4, group_size: 32, sym: false, desc_act: true });
    const { tensors } = await openReference(folder);
    const weight = tensors.get('model.layers.0.mlp.down_proj.weight');
    const index = weight?.recipe?.stored.find(({ name }) => name.endsWith('g_idx'));
    if (!weight || !index) throw new Error('no groups');
    const file = join(folder, 'model.safetensors');
    const bytes = readFileSync(file);
    // Python's own arrays count them from the end.
    bytes.writeInt32LE(-1, index.offset + 4);
    bytes.writeInt32LE(3, index.offset + 8);
    writeFileSync(file, bytes);
    const values = await valuesOf(weight);
    expect([0, 1, 2, 3].map((column) => Number.isNaN(values[column]))).toEqual([false, true, true, false]);
  });

  it('are not believed where one block is said to be larger than memory', async () => {
    const folder = changed('nf4-nested', { quant_method: 'bitsandbytes', load_in_4bit: true });
    const file = join(folder, 'model.safetensors');
    const bytes = readFileSync(file);
    for (
      let at = bytes.indexOf('"nested_blocksize": 256');
      at !== -1;
      at = bytes.indexOf('"nested_blocksize": 256', at)
    ) {
      bytes.write('"nested_blocksize":9e15', at);
    }
    writeFileSync(file, bytes);
    const { tensors } = await openReference(folder);
    const weights = [...tensors.values()].filter(({ recipe }) => recipe);
    const expected = await openReference(fixture('quantized', 'nf4-nested'));
    expect(weights.length).toBe(7);
    for (const weight of weights) {
      const other = expected.tensors.get(weight.name);
      if (other) expect(difference(await valuesOf(weight), await valuesOf(other))).toBe(0);
    }
  });
});

describe('a quantized base', () => {
  it('gives the log-probabilities of MLX with an adapter of mlx-lm', async () => {
    const folder = fixture('mlx-lora-quantized');
    const { ids, token_logprobs: expected } = readJson<{ ids: number[]; token_logprobs: number[] }>(
      join(folder, 'expected.json'),
    );
    await withEngine(fixture('quantized', 'mlx-affine'), { adapter: await openLora(folder) }, async (engine) => {
      const rows = rowsOf(await engine.logits(ids), 48).slice(0, -1);
      const found = rows.map((row, i) => logSoftmax(row)[ids[i + 1] ?? -1] ?? Number.NaN);
      expect(difference(found, expected)).toBeLessThanOrEqual(TOLERANCE);
    });
  });
});

/** What mlx-lm made of a fixture: see make_mlx_layouts.py. */
describe.each(MLX_LAYOUTS)('the checkpoint of mlx-lm %s', (name) => {
  const folder = fixture('mlx-layouts', name);
  const original = name === 'gpt-oss-mxfp4' ? fixture('quantized', 'mxfp4') : languageModel(name);

  it('has the names, shapes and numbers of what it was made from', async () => {
    const [found, expected] = [await openReference(folder), await openReference(original)];
    let compared = 0;
    for (const entry of expected.tensors.values()) {
      // GPT-2's has no prefix, and mlx-lm leaves out towers and buffers.
      const other = found.tensors.get(entry.name) ?? found.tensors.get(`transformer.${entry.name}`);
      if (!other) continue;
      compared += 1;
      expect(other.shape, entry.name).toEqual(entry.shape);
      // A gain 1 + w is rounded to float32.
      const most = difference(await valuesOf(other), await valuesOf(entry));
      expect(most, entry.name).toBeLessThanOrEqual(name === 'qwen3-5' ? 1e-6 : 0);
      const { recipe } = other;
      const steps = recipe && (await computed((graph) => recipe.steps(graph)));
      const { recipe: known } = entry;
      if (steps && known) expect(steps).toEqual(await computed((graph) => known.steps(graph)));
      if (steps && other.dtype === 'BF16') {
        const values = await valuesOf(other);
        const exponent = (value: number) => Math.max(-126, Math.floor(Math.log2(Math.abs(value))));
        expect(steps).toEqual(values.map((value) => 2 ** (exponent(value) - 7)));
      }
    }
    expect(compared).toBe(found.tensors.size);
  });

  it('gives the log-probabilities of what it was made from', async () => {
    await withEngine(folder, {}, async (engine) => {
      for (const { tokens, logits } of readCases(join(original, 'expected.safetensors'))) {
        expect(difference(await engine.logits(tokens), logits)).toBeLessThanOrEqual(TOLERANCE);
      }
    });
  });
});

/** A model of transformers in Mistral's own layout: see make_consolidated.py. */
describe.each(CONSOLIDATED)('the consolidated checkpoint %s', (name) => {
  const folder = fixture('consolidated', name);

  it('has the names, shapes and numbers that the files of transformers have', async () => {
    const expected = JSON.parse(readFileSync(join(folder, 'usual.json'), 'utf8'));
    const { tensors } = await openReference(folder);
    expect([...tensors.keys()]).toEqual(Object.keys(expected).sort());
    for (const entry of tensors.values()) {
      expect({ shape: entry.shape, sha256: await digestOf(entry) }, entry.name).toEqual(expected[entry.name]);
    }
  });

  it('gives the logits of transformers, and every matrix of it is measured', async () => {
    await withEngine(folder, {}, async (engine) => {
      for (const { tokens, logits } of readCases(join(folder, 'expected.safetensors'))) {
        expect(difference(await engine.logits(tokens), logits)).toBeLessThanOrEqual(TOLERANCE);
      }
    });
    const { matrices, skipped } = listMatrices(await openReference(folder));
    expect(skipped).toEqual([]);
    expect(matrices.filter(({ place }) => place.module === 'other')).toEqual([]);
  });
});
