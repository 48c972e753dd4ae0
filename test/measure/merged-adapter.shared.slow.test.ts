import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSafetensorsHeader } from '@shadow-gate/checkpoints/formats';
import { describe, expect, it } from 'vitest';
import { compare } from '../../src/compare/compare.ts';
import type { Finding } from '../../src/compare/finding.ts';
import { openMeasuredAdapter, openMeasuredReference } from '../../src/measure/open-measured.ts';
import { mergeFiles } from '../../src/measure/shards/merge.ts';
import type { Shard } from '../../src/measure/shards/shard.ts';
import { DEFAULT_POLICY } from '../../src/policy/policy.ts';
import { findingText } from '../../src/report/summary/finding.ts';
import { fixture, readJson, temporaryFolder } from '../fixtures.ts';
import { measurePath } from './measure-path.ts';

// PEFT made the merges (test/fixtures/make_merges.py).
const merges = (...path: string[]) => fixture('merges', ...path);

interface Merge {
  readonly adapter: string;
  readonly reference: string;
  readonly checkpoint: string;
}

const real = (name: string, base: string): Merge => ({
  adapter: merges(name, 'adapter'),
  reference: merges(base),
  checkpoint: merges(name, 'merged'),
});
const BF16 = real('bf16', 'llama-bf16');

async function measureMerge({ adapter, reference: referencePath, checkpoint }: Merge, shard: Shard | null = null) {
  const reference = await openMeasuredReference(referencePath);
  const opened = await openMeasuredAdapter(adapter, reference);
  return measurePath({ checkpoint, reference, adapter: opened, spectra: false, shard });
}

async function findingsOf(merge: Merge): Promise<Finding[]> {
  const candidate = await measureMerge(merge);
  const report = compare({
    candidate,
    baseline: null,
    baselinePath: null,
    policy: DEFAULT_POLICY,
    policyPath: null,
    today: new Date(),
  });
  return report.findings.filter(({ kind }) => kind.startsWith('merge-'));
}

/** What went wrong, with the number of weights. */
async function faultsOf(merge: Merge): Promise<unknown[]> {
  return (await findingsOf(merge)).map((finding) =>
    finding.kind === 'merge-fault'
      ? [finding.fault, finding.weights]
      : finding.kind === 'merge-other-tensors'
        ? [finding.kind, finding.tensors, finding.named.map(({ change }) => change)]
        : [finding.kind],
  );
}

/** A copy of a folder, to be damaged. */
function copyOf(folder: string): string {
  const copy = temporaryFolder();
  cpSync(folder, copy, { recursive: true });
  return copy;
}

function withConfig(adapter: string, change: Record<string, unknown>): string {
  const copy = copyOf(adapter);
  const file = join(copy, 'adapter_config.json');
  writeFileSync(file, JSON.stringify({ ...readJson<object>(file), ...change }));
  return copy;
}

/** A copy of a checkpoint or adapter in which bytes of tensors are replaced. */
async function withBytes(folder: string, weights: string, change: (bytes: ReadBytes) => Record<string, Buffer>) {
  const copy = copyOf(folder);
  const file = join(copy, weights);
  const entries = new Map((await readSafetensorsHeader(file)).map((entry) => [entry.name, entry]));
  const content = readFileSync(file);
  const find = (name: string) => {
    const entry = entries.get(name);
    if (!entry) throw new Error(`no tensor ${name}`);
    return entry;
  };
  const read: ReadBytes = (name) => {
    const { offset, byteLength } = find(name);
    return Buffer.from(content.subarray(offset, offset + byteLength));
  };
  for (const [name, bytes] of Object.entries(change(read))) bytes.copy(content, find(name).offset);
  writeFileSync(file, content);
  return copy;
}
type ReadBytes = (name: string) => Buffer;

async function tensorOf(folder: string, name: string): Promise<Buffer> {
  const file = join(folder, 'model.safetensors');
  const entry = (await readSafetensorsHeader(file)).find((tensor) => tensor.name === name);
  if (!entry) throw new Error(`no tensor ${name}`);
  return readFileSync(file).subarray(entry.offset, entry.offset + entry.byteLength);
}

const layer = (index: number, name: string) => `model.layers.${index}.${name}.weight`;
const MODEL = 'model.safetensors';

describe('a merge made by PEFT', () => {
  it.each([
    ['bf16, with a rank and an alpha of its own, and modules_to_save', BF16, 7],
    ['rsLoRA, with adapter and update in bf16', real('rslora', 'llama-bf16'), 4],
    ['f32', real('f32', 'llama-f32'), 3],
    ['f16', real('f16', 'llama-f16'), 3],
    ['DoRA in f32', real('dora-f32', 'llama-f32'), 3],
    ['DoRA in bf16', real('dora-bf16', 'llama-bf16'), 6],
    ['embeddings that the head is tied to', real('tied', 'llama-tied'), 2],
    ['embeddings that were trained whole, from which PEFT unties the head', real('untied', 'llama-tied'), 2],
    ['embeddings and the head that is tied to them, each with a LoRA', real('tied-head', 'gpt2-f16'), 1],
    ['fan_in_fan_out', real('gpt2', 'gpt2-f16'), 3],
    ['fan_in_fan_out with DoRA', real('dora-gpt2', 'gpt2-f16'), 1],
    ['fused qkv_proj and gate_up_proj', real('phi3', 'phi3-bf16'), 2],
    ['all experts of a layer, stored one by one, and their router', real('experts', 'mixtral-bf16'), 11],
    ['all experts of a layer, stored in stacks', real('stacked-experts', 'gpt-oss-bf16'), 10],
    ['into the numbers of NF4, in bf16', real('nf4', 'llama-nf4'), 3],
  ])('is proven: %s', async (_, merge, weights) => {
    const { merge: measured } = await measureMerge(merge);
    expect(measured?.weights.map(({ status }) => status)).toEqual(Array(weights).fill('applied'));
    expect(measured?.others.unequal).toEqual([]);
    for (const { kind, residual, coefficient } of measured?.weights ?? []) {
      if (kind === 'saved') continue;
      expect(residual).toBeLessThan(1.2);
      expect(coefficient).toBeCloseTo(1, 2);
    }
    expect(await faultsOf(merge)).toEqual([['merge-proven']]);
    const [proof] = await findingsOf(merge);
    const which = weights === 1 ? 'the one weight' : `all ${weights} weights`;
    expect(proof && findingText(proof)).toContain(`is proven for ${which} that it changes`);
  });

  it('is found without the prefix `model.` too', async () => {
    const bare = copyOf(BF16.checkpoint);
    const file = join(bare, MODEL);
    const bytes = readFileSync(file);
    const length = Number(bytes.readBigUInt64LE(0));
    // The same length, so that the data stays where it is.
    const header = bytes.toString('utf8', 8, 8 + length).replaceAll('"model.', '      "');
    writeFileSync(
      file,
      Buffer.concat([bytes.subarray(0, 8), Buffer.from(header.slice(0, length)), bytes.subarray(8 + length)]),
    );
    expect(await faultsOf({ ...BF16, checkpoint: bare })).toEqual([['merge-proven']]);
  });
});

describe('a merge that went wrong', () => {
  it('did nothing', async () => {
    expect(await faultsOf({ ...BF16, checkpoint: BF16.reference })).toEqual([['not-applied', 7]]);
  });

  it('did nothing, with DoRA', async () => {
    const dora = real('dora-f32', 'llama-f32');
    expect(await faultsOf({ ...dora, checkpoint: dora.reference })).toEqual([['not-applied', 3]]);
  });

  // The reference has been merged already, and so has the checkpoint: half of the alpha that the merge was made with.
  const twice = { lora_alpha: 4, alpha_pattern: { down_proj: 3 } };
  const [rslora, dora] = [real('rslora', 'llama-bf16'), real('dora-f32', 'llama-f32')];

  it.each<[string, Merge, Record<string, unknown>, { weights: number; times: number }]>([
    ['twice', BF16, twice, { weights: 6, times: 2 }],
    ['subtracted', rslora, { lora_alpha: -8 }, { weights: 4, times: -1 }],
    ['with another scale', rslora, { lora_alpha: 10 }, { weights: 4, times: 0.8 }],
    ['with the scale of rsLoRA', rslora, { use_rslora: false }, { weights: 4, times: Math.sqrt(8) }],
    ['with the scale of plain LoRA', BF16, { use_rslora: true }, { weights: 6, times: 0.5 }],
  ])('was done %s, which its numbers show', async (_, merge, change, { weights, times }) => {
    const [finding, ...others] = await findingsOf({ ...merge, adapter: withConfig(merge.adapter, change) });
    expect([finding, others]).toMatchObject([{ kind: 'merge-fault', level: 'fail', fault: 'different', weights }, []]);
    for (const { residual, coefficient } of finding?.kind === 'merge-fault' ? finding.named : []) {
      expect(residual).toBeGreaterThan(10);
      expect(coefficient).toBeCloseTo(times, 1);
    }
  });

  it('was done with the scale of plain LoRA, with DoRA too', async () => {
    const adapter = withConfig(dora.adapter, { use_rslora: true });
    expect(await faultsOf({ ...dora, adapter })).toEqual([['different', 3]]);
  });

  it.each([
    ['DoRA in bf16', real('dora-bf16', 'llama-bf16'), 6],
    ['an update that is small compared with the rounding of f16', real('small-f16', 'llama-f16'), 3],
  ])('was done twice, and rounded each time: %s', async (_, merge, weights) => {
    const again = join(merge.checkpoint, '../twice');
    expect(await faultsOf({ ...merge, checkpoint: again })).toEqual([['different', weights]]);
    // And not, if it was done once.
    expect(await faultsOf(merge)).toEqual([['merge-proven']]);
  });
});

describe('a merge onto quantized weights', () => {
  const nf4 = real('nf4', 'llama-nf4');
  const requantized = { ...nf4, checkpoint: merges('nf4', 'requantized') };
  const scaled = (factor: number) => withConfig(nf4.adapter, { lora_alpha: 8 * factor });

  it('is proven by PEFT on its codes, where the update is larger than their rounding', async () => {
    expect(await faultsOf(requantized)).toEqual([['merge-proven']]);
  });

  it.each([
    ['nothing was done', { ...nf4, checkpoint: nf4.reference }, 'not-applied'],
    ['the scale is another one', { ...nf4, adapter: scaled(0.5) }, 'different'],
    ['the scale is another one, and the merge was quantized', { ...requantized, adapter: scaled(-1) }, 'different'],
  ])('went wrong where %s', async (_, merge, fault) => {
    expect(await faultsOf(merge)).toEqual([[fault, 3]]);
  });

  it('is refused where a factor near 1 is behind the rounding of the base', async () => {
    await expect(measureMerge({ ...nf4, adapter: scaled(0.9) })).rejects.toThrow(/is near the NF4 .* not made from it/);
  });

  it('cannot be seen if the update is smaller than the rounding', async () => {
    // Half of each update would be as near.
    const small = withConfig(nf4.adapter, { lora_alpha: 0.4 });
    const findings = await findingsOf({ ...nf4, adapter: small, checkpoint: nf4.reference });
    expect(findings.map(({ kind, level }) => [kind, level])).toEqual([['merge-unseen', 'inconclusive']]);
  });

  it('is not taken for one into the model before it was quantized, and the other way around', async () => {
    const original = { ...nf4, checkpoint: merges('nf4', 'original') };
    expect(await faultsOf({ ...original, reference: merges('llama-wide') })).toEqual([['merge-proven']]);
    await expect(measureMerge(original)).rejects.toThrow(/is near the NF4 .* — give that model as reference/);
    await expect(measureMerge({ ...requantized, reference: merges('llama-wide') })).rejects.toThrow(
      /is NF4 .* and BF16 in the reference: .* — check the merge before the weights are quantized/,
    );
  });
});

describe('a merge into the weights of all experts', () => {
  it('left one expert out', async () => {
    const merge = real('stacked-experts', 'gpt-oss-bf16');
    const name = 'model.layers.0.mlp.experts.down_proj';
    const original = await tensorOf(merge.reference, name);
    const forged = await withBytes(merge.checkpoint, MODEL, (read) => {
      const bytes = read(name);
      original.copy(bytes, 0, 0, bytes.length / 3);
      return { [name]: bytes };
    });
    expect(await faultsOf({ ...merge, checkpoint: forged })).toEqual([['not-applied', 1]]);
  });
});

describe('a forged merge', () => {
  it('leaves out one module', async () => {
    const name = layer(1, 'self_attn.v_proj');
    const original = await tensorOf(BF16.reference, name);
    const forged = await withBytes(BF16.checkpoint, MODEL, () => ({ [name]: original }));
    expect(await faultsOf({ ...BF16, checkpoint: forged })).toEqual([['not-applied', 1]]);
    const [finding] = await findingsOf({ ...BF16, checkpoint: forged });
    expect(finding && findingText(finding)).toMatch(/^The adapter was not merged everywhere: some weights.*1 of 7/);
  });

  it('lacks one weight, which is one finding', async () => {
    const name = layer(1, 'self_attn.v_proj');
    const lacking = copyOf(BF16.checkpoint);
    const file = join(lacking, MODEL);
    const bytes = readFileSync(file);
    const length = Number(bytes.readBigUInt64LE(0));
    // Under a name of the same length that no module has.
    const header = bytes.toString('utf8', 8, 8 + length).replace(name, name.replace('model.layers', 'extra.blocks'));
    writeFileSync(file, Buffer.concat([bytes.subarray(0, 8), Buffer.from(header), bytes.subarray(8 + length)]));
    expect(await faultsOf({ ...BF16, checkpoint: lacking })).toEqual([
      ['not-in-checkpoint', 1],
      ['merge-other-tensors', 1, ['added']],
    ]);
  });

  it('is one of another adapter', async () => {
    const faults = await faultsOf({ ...BF16, adapter: merges('other-seed', 'adapter') });
    expect(faults).toEqual([['different', 7]]);
  });

  it('has the weights of two layers exchanged', async () => {
    const [a, b] = [layer(0, 'mlp.down_proj'), layer(1, 'mlp.down_proj')];
    const forged = await withBytes(BF16.checkpoint, MODEL, (read) => ({ [a]: read(b), [b]: read(a) }));
    expect(await faultsOf({ ...BF16, checkpoint: forged })).toEqual([['different', 2]]);
  });

  it('changes another tensor by one bit', async () => {
    const name = 'model.norm.weight';
    const forged = await withBytes(BF16.checkpoint, MODEL, (read) => {
      const bytes = read(name);
      bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
      return { [name]: bytes };
    });
    expect(await faultsOf({ ...BF16, checkpoint: forged })).toEqual([['merge-other-tensors', 1, ['changed']]]);
  });

  it('brings other embeddings along in the adapter, which has a copy of its base', async () => {
    const tied = real('tied', 'llama-tied');
    const reference = await withBytes(tied.reference, MODEL, (read) => {
      const bytes = read('model.embed_tokens.weight');
      // The upper byte of a bfloat16.
      for (let i = 1; i < 64; i += 2) bytes.writeUInt8(bytes.readUInt8(i) ^ 0x80, i);
      return { 'model.embed_tokens.weight': bytes };
    });
    expect(await faultsOf({ ...tied, reference })).toEqual([['different', 1]]);
  });

  it('is made with an adapter that has NaN', async () => {
    const name = 'base_model.model.model.layers.0.mlp.down_proj.lora_B.weight';
    const adapter = await withBytes(BF16.adapter, 'adapter_model.safetensors', (read) => {
      const bytes = read(name);
      bytes.writeFloatLE(Number.NaN, 4);
      return { [name]: bytes };
    });
    const findings = await findingsOf({ ...BF16, adapter });
    expect(findings.map(({ kind, level }) => [kind, level])).toEqual([
      ['merge-not-finite', 'fail'],
      ['merge-fault', 'fail'],
    ]);
    expect(findings.map(findingText).join(' ')).toContain('lora_B.weight (1 NaN value)');
  });
});

describe('what cannot be a merge', () => {
  it('needs a reference, a merged model and an adapter', async () => {
    await expect(openMeasuredAdapter(BF16.adapter, null)).rejects.toThrow(/without a reference/);
    await expect(measureMerge({ ...BF16, checkpoint: BF16.adapter })).rejects.toThrow(/is itself an adapter/);
    await expect(measureMerge({ ...BF16, adapter: BF16.reference })).rejects.toThrow(/is not an adapter/);
  });

  it('lacks the modules of the adapter, where projections are fused', async () => {
    const faults = await faultsOf({ ...real('phi3', 'phi3-bf16'), adapter: merges('f16', 'adapter') });
    expect(faults).toEqual([
      ['not-applied', 1],
      ['not-in-checkpoint', 2],
      ['merge-other-tensors', 2, ['changed', 'changed']],
    ]);
  });
});

describe('shards', () => {
  it('have the merge of one machine', async () => {
    const whole = await measureMerge(BF16);
    const folder = temporaryFolder();
    const paths = [];
    for (const index of [1, 2]) {
      const path = join(folder, `${index}.json`);
      const reference = await openMeasuredReference(BF16.reference);
      const adapter = await openMeasuredAdapter(BF16.adapter, reference);
      const shard = await measurePath({ checkpoint: BF16.checkpoint, reference, adapter, shard: { index, count: 2 } });
      expect(shard.merge === null).toBe(index === 2);
      writeFileSync(path, JSON.stringify(shard));
      paths.push(path);
    }
    expect((await mergeFiles(paths)).merge).toEqual(whole.merge);
  });
});
