import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSafetensorsHeader } from '@shadow-gate/checkpoints/formats';
import { describe, expect, it } from 'vitest';
import { renameTensors } from '../../packages/checkpoints/test/edit-tensor.ts';
import { type RawTensor, writeSafetensors } from '../../packages/checkpoints/test/write-safetensors.ts';
import { ratioGap, summarizeDelta } from '../../src/measure/aggregate.ts';
import { openMeasuredReference } from '../../src/measure/open-measured.ts';
import type { Measurement } from '../../src/measure/schema/measurement.ts';
import { fixture, readJson, temporaryFolder } from '../fixtures.ts';
import { editedCopy } from '../gate/run-gate.ts';
import { measurePath } from './measure-path.ts';

const base = fixture('llama-f32');

async function measureOnCpu(checkpoint: string, reference?: string): Promise<Measurement> {
  return measurePath({
    checkpoint,
    device: 'cpu',
    ...(reference === undefined ? {} : { reference: await openMeasuredReference(reference) }),
  });
}

describe('a measurement', () => {
  it('a measurement is the same, byte for byte, apart from `run`, wherever the checkpoint lies', async () => {
    const copy = editedCopy(base, 'lm_head.weight', () => {});
    const [one, two] = await Promise.all(
      [base, copy].map(async (checkpoint) => {
        const { run: _, ...rest } = await measureOnCpu(checkpoint, fixture('llama-f64'));
        return JSON.stringify(rest);
      }),
    );
    expect(one).toBe(two);
  });

  it('a measurement has another digest when one bit of one weight changes, and the same digest for any split into files', async () => {
    const digest = async (checkpoint: string) =>
      (await measurePath({ checkpoint, device: 'cpu', isWanted: () => false })).checkpoint.digest;
    const original = await digest(base);
    const nudged = editedCopy(base, 'model.layers.2.self_attn.q_proj.weight', (v) => {
      v[0] = (v[0] ?? 0) + 1e-7;
    });
    expect(await digest(nudged)).not.toBe(original);
    expect(original).toMatch(/^sha256:[0-9a-f]{64}$/);

    const whole = temporaryFolder();
    const tensors: Record<string, RawTensor> = {};
    for (const shard of ['model-00002-of-00002.safetensors', 'model-00001-of-00002.safetensors']) {
      const bytes = readFileSync(fixture('mixtral', shard));
      for (const { name, dtype, shape, offset, byteLength } of await readSafetensorsHeader(fixture('mixtral', shard))) {
        tensors[name] = { dtype, shape, data: bytes.subarray(offset, offset + byteLength) };
      }
    }
    writeSafetensors(join(whole, 'model.safetensors'), tensors);
    cpSync(fixture('mixtral', 'config.json'), join(whole, 'config.json'));
    expect(await digest(whole)).toBe(await digest(fixture('mixtral')));
  });

  it('a measurement has the same update when the reference was saved without the prefix of the whole model', async () => {
    const reference = join(temporaryFolder(), 'hub');
    cpSync(fixture('gpt2'), reference, { recursive: true });
    renameTensors(join(reference, 'model.safetensors'), (name) => name.replace(/^transformer\./, ''));
    const { model, skipped } = await measureOnCpu(fixture('gpt2'), reference);
    expect(model.delta?.unchanged).toBe(8);
    expect(skipped).toEqual([]);
    const adapter = await measureOnCpu(fixture('lora-gpt2'), reference);
    expect(adapter.tensors).not.toEqual([]);
    expect(adapter.tensors.filter(({ metrics }) => !metrics?.updateSize)).toEqual([]);
  });

  it('a measurement skips buffers and a tied head, which are not weights', async () => {
    const folder = join(temporaryFolder(), 'tied');
    cpSync(base, folder, { recursive: true });
    renameTensors(join(folder, 'model.safetensors'), (name) =>
      name === 'model.layers.0.input_layernorm.weight' ? 'model.layers.0.self_attn.rotary_emb.inv_freq' : name,
    );
    const config = readJson<object>(join(folder, 'config.json'));
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, tie_word_embeddings: true }));
    const { skipped, tensors, vectors } = await measureOnCpu(folder);
    expect(skipped.map(({ name }) => name)).toEqual([
      'lm_head.weight',
      'model.layers.0.self_attn.rotary_emb.inv_freq',
      'model.scale',
      'model.steps',
    ]);
    expect(tensors.filter(({ module }) => module === 'lm_head')).toEqual([]);
    expect(vectors).toHaveLength(3);
  });
});

describe('the MLP ÷ attention ratio', () => {
  const tuned = () => measureOnCpu(fixture('llama-tuned'), fixture('llama-bf16'));

  it('the MLP ÷ attention ratio is missing for an update that fits into 5% of the directions', async () => {
    const { tensors } = await tuned();
    for (const { of, metrics } of tensors) if (of === 'delta' && metrics) metrics.topEnergy['5%'] = 1;
    const delta = summarizeDelta(tensors);
    expect(delta.mlpAttentionRatio).toBeNull();
    expect(ratioGap(delta)).toEqual({ kind: 'saturated' });
  });

  it('the MLP ÷ attention ratio is missing for an update outside of attention and MLP', async () => {
    const { tensors } = await tuned();
    for (const tensor of tensors) tensor.module = 'other';
    const delta = summarizeDelta(tensors);
    expect(delta.mlpAttentionRatio).toBeNull();
    expect(ratioGap(delta)).toMatchObject({ kind: 'missing', mlp: true, attention: true });
  });

  it('the MLP ÷ attention ratio leaves out the vision tower of a multimodal model', async () => {
    const { tensors } = await tuned();
    for (const tensor of tensors) tensor.component = tensor.layer === 0 ? 'vision' : 'language';
    const language = summarizeDelta(tensors);
    expect(language.mlpAttentionRatio).not.toBeNull();
    const vision = tensors.flatMap(({ component, metrics }) => (component === 'vision' && metrics ? [metrics] : []));
    expect(vision).not.toEqual([]);
    for (const { topEnergy } of vision) topEnergy['5%'] = 0.01;
    expect(summarizeDelta(tensors).mlpAttentionRatio).toEqual(language.mlpAttentionRatio);
  });
});
