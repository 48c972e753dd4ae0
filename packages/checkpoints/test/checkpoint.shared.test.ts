import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint } from '@shadow-gate/checkpoints';
import { UserError } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { fixture, readJson, temporaryFolder } from '../../../test/fixtures.ts';
import { float32, writeSafetensors } from './write-safetensors.ts';

/** A copy of a fixture, to damage. */
function copyOf(name: string): string {
  const folder = join(temporaryFolder(), name);
  cpSync(fixture(name), folder, { recursive: true });
  return folder;
}

async function errorOf(path: string): Promise<string> {
  const error = await openCheckpoint(path).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UserError);
  return (error as UserError).message;
}

describe('opening a checkpoint', () => {
  it('joins the shards of an index', async () => {
    const { tensors } = await openCheckpoint(fixture('mixtral'));
    expect([...tensors.keys()]).toHaveLength(7);
    expect(new Set([...tensors.values()].map(({ file }) => file)).size).toBe(2);
  });

  it('opens one safetensors file, with or without a config next to it', async () => {
    expect(await openCheckpoint(fixture('gpt2', 'model.safetensors'))).toMatchObject({
      architecture: { modelType: 'gpt2' },
    });
    const lone = join(temporaryFolder(), 'weights.safetensors');
    writeSafetensors(lone, { x: float32([1, 2], [1, 2]) });
    expect(await openCheckpoint(lone)).toMatchObject({ architecture: { modelType: null } });
  });

  it('follows the symbolic links of the Hugging Face cache', async () => {
    const cache = join(temporaryFolder(), 'models--openai--gpt2');
    const [blobs, snapshot] = [join(cache, 'blobs'), join(cache, 'snapshots', 'main')];
    mkdirSync(blobs, { recursive: true });
    mkdirSync(snapshot, { recursive: true });
    for (const name of ['config.json', 'model.safetensors']) {
      cpSync(fixture('gpt2', name), join(blobs, `blob-of-${name}`));
      symlinkSync(join('..', '..', 'blobs', `blob-of-${name}`), join(snapshot, name));
    }
    const { tensors } = await openCheckpoint(snapshot);
    expect(tensors.get('transformer.wte.weight')?.file).toBe(join(blobs, 'blob-of-model.safetensors'));
  });

  it.each<[string, (folder: string) => void, RegExp]>([
    ['a missing shard', (f) => rmSync(join(f, 'model-00002-of-00002.safetensors')), /00002-of-00002.*is missing/],
    [
      'a missing index',
      (f) => rmSync(join(f, 'model.safetensors.index.json')),
      /shards but no model\.safetensors\.index/,
    ],
    [
      'a truncated shard',
      (f) => truncateSync(join(f, 'model-00001-of-00002.safetensors'), 900),
      /00001.*(truncated|whole)/,
    ],
    ['no config.json', (f) => rmSync(join(f, 'config.json')), /has no config\.json/],
    ['a broken config.json', (f) => writeFileSync(join(f, 'config.json'), '{'), /config\.json is not JSON/],
    [
      'a config.json that is a list',
      (f) => writeFileSync(join(f, 'config.json'), '[]'),
      /config\.json is not a JSON object/,
    ],
    ['an index without a map', (f) => writeFileSync(join(f, 'model.safetensors.index.json'), '{}'), /no weight_map/],
    [
      'an index with a path out of the directory',
      (f) =>
        writeFileSync(join(f, 'model.safetensors.index.json'), '{"weight_map": {"x": "../../secret.safetensors"}}'),
      /outside of the directory/,
    ],
    [
      'an index with a tensor that no shard has',
      (f) => {
        const path = join(f, 'model.safetensors.index.json');
        const index = readJson<{ weight_map: Record<string, string> }>(path);
        index.weight_map.ghost = 'model-00001-of-00002.safetensors';
        writeFileSync(path, JSON.stringify(index));
      },
      /lacks tensor "ghost"/,
    ],
    [
      'a tensor in two shards',
      (f) => {
        const path = join(f, 'model.safetensors.index.json');
        const index = readJson<{ weight_map: Record<string, string> }>(path);
        const name = 'model.layers.0.block_sparse_moe.gate.weight';
        writeSafetensors(join(f, 'model-00003-of-00003.safetensors'), {
          [name]: float32([1, 1], [1]),
          extra: float32([1, 1], [1]),
        });
        index.weight_map.extra = 'model-00003-of-00003.safetensors';
        writeFileSync(path, JSON.stringify(index));
      },
      /00003-of-00003\.safetensors contains tensor "model\.layers\.0.*gate\.weight", which the index has in/,
    ],
    [
      'a shard that is a directory',
      (f) => {
        rmSync(join(f, 'model-00002-of-00002.safetensors'));
        mkdirSync(join(f, 'model-00002-of-00002.safetensors'));
      },
      /is not a regular file/,
    ],
    [
      'a config.json that is a device',
      (f) => {
        rmSync(join(f, 'config.json'));
        symlinkSync('/dev/zero', join(f, 'config.json'));
      },
      /config\.json leads to a file outside of its folder/,
    ],
    [
      'an empty directory',
      (f) => readdirSync(f).map((name) => rmSync(join(f, name))),
      /contains no checkpoint: it is empty/,
    ],
    [
      'a directory of pickles',
      (f) => {
        for (const name of readdirSync(f)) rmSync(join(f, name));
        writeFileSync(join(f, 'pytorch_model.bin'), 'x');
      },
      /has no config\.json/,
    ],
  ])('refuses %s with one line that names the path', async (_, damage, pattern) => {
    const folder = copyOf('mixtral');
    damage(folder);
    const message = await errorOf(folder);
    expect(message).toMatch(pattern);
    expect(message).toContain(folder);
    expect(message).not.toContain('\n');
  });

  it('reads the Infinity and NaN that Python writes into a config', async () => {
    const folder = copyOf('mixtral');
    const config =
      '{"model_type": "mixtral", "time_step_limit": [0.0, Infinity], "a": NaN, "b": -Infinity, "note": "NaN \\" Infinity"}';
    writeFileSync(join(folder, 'config.json'), config);
    const checkpoint = await openCheckpoint(folder);
    expect(checkpoint.config).toEqual({
      model_type: 'mixtral',
      time_step_limit: [0, Number.POSITIVE_INFINITY],
      a: Number.NaN,
      b: Number.NEGATIVE_INFINITY,
      note: 'NaN " Infinity',
    });
  });

  it('includes a tensor that is missing from the index', async () => {
    const folder = copyOf('mixtral');
    const path = join(folder, 'model.safetensors.index.json');
    const index = readJson<{ weight_map: Record<string, string> }>(path);
    delete index.weight_map['model.layers.0.block_sparse_moe.gate.weight'];
    writeFileSync(path, JSON.stringify(index));
    expect((await openCheckpoint(folder)).tensors.has('model.layers.0.block_sparse_moe.gate.weight')).toBe(true);
  });

  it('refuses a path that does not exist', async () => {
    expect(await errorOf('/no/such/checkpoint')).toMatch(/does not exist/);
  });
});

describe('opening an adapter', () => {
  /** A copy of the LoRA fixture with another config. */
  function adapterWith(change: Record<string, unknown>): string {
    const folder = copyOf('lora');
    const path = join(folder, 'adapter_config.json');
    writeFileSync(path, JSON.stringify({ ...readJson<object>(path), ...change }));
    return folder;
  }

  it('finds rank, scale and orientation of each module', async () => {
    const adapter = await openCheckpoint(fixture('lora'));
    if (adapter.format !== 'lora') throw new Error('not an adapter');
    expect(adapter.modules.map(({ target, rank, scale, transposed }) => [target, rank, scale, transposed])).toEqual([
      ['model.embed_tokens.weight', 2, 3, true],
      ['model.layers.0.self_attn.q_proj.weight', 2, 3, false],
      ['model.layers.3.mlp.down_proj.weight', 4, 1.25, false],
      ['model.layers.3.self_attn.v_proj.weight', 2, 3, false],
    ]);
    expect([...adapter.saved.keys()]).toEqual(['lm_head.weight']);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['DoRA', { use_dora: true }, /module "model\..*" uses DoRA/],
    ['another kind of adapter', { peft_type: 'LOHA' }, /LOHA/],
    ['an initialization that changes the base model', { init_lora_weights: 'pissa_niter_4' }, /pissa_niter_4/],
    ['replicated layers', { layer_replication: [[0, 2]] }, /layer_replication/],
    [
      'a rank that the weights do not have',
      { rank_pattern: { q_proj: 7 } },
      /module "model\.layers\.[03].*rank is 7 in the config and/,
    ],
    ['no alpha', { lora_alpha: null, alpha_pattern: {} }, /no lora_alpha/],
    ['an invalid pattern', { alpha_pattern: { '(': 3 } }, /"\(" is not a supported pattern/],
    [
      'a pattern that takes exponential time',
      { alpha_pattern: { '(([a-z0-9._]+)+)+!': 3 } },
      /is not a supported pattern/,
    ],
  ])('refuses %s, and names the file or the module', async (_, change, pattern) => {
    expect(await errorOf(adapterWith(change))).toMatch(pattern);
  });

  it.each<[string, string, RegExp]>([
    [
      'DoRA magnitudes',
      'base_model.model.model.layers.1.mlp.up_proj.lora_magnitude_vector',
      /"model\.layers\.1\.mlp\.up_proj" uses DoRA/,
    ],
    [
      'B without A',
      'base_model.model.model.layers.1.mlp.up_proj.lora_B.weight',
      /"model\.layers\.1\.mlp\.up_proj" has B but no A/,
    ],
    [
      'an AdaLoRA factor',
      'base_model.model.model.layers.1.mlp.up_proj.lora_E',
      /"model\.layers\.1\.mlp\.up_proj" has ".*lora_E"/,
    ],
  ])('refuses %s and names the module', async (_, tensor, pattern) => {
    const folder = adapterWith({});
    writeSafetensors(join(folder, 'adapter_model.safetensors'), { [tensor]: float32([2, 2], [1, 0, 0, 1]) });
    expect(await errorOf(folder)).toMatch(pattern);
  });

  it('refuses the file of an adapter alone, which would look like full weights', async () => {
    expect(await errorOf(fixture('lora', 'adapter_model.safetensors'))).toMatch(
      /contains an adapter.*give its directory/,
    );
  });

  it('refuses pickled adapters', async () => {
    const folder = adapterWith({});
    rmSync(join(folder, 'adapter_model.safetensors'));
    expect(await errorOf(folder)).toMatch(/adapter_model\.safetensors is missing/);
    writeFileSync(join(folder, 'adapter_model.bin'), 'x');
    expect(await errorOf(folder)).toMatch(/pickle/);
  });
});
