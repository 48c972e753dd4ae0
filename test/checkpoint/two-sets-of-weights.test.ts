import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../src/checkpoint/open.ts';
import { chooseFiles } from '../../src/hub/checkpoint-files.ts';
import { fixture, temporaryFolder } from '../fixtures.ts';
import { messageOf } from './refusal.ts';

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
const SHARD = 'model-00001-of-00002.safetensors';

function copyOf(name: string): string {
  const folder = join(temporaryFolder(), name);
  cpSync(fixture(name), folder, { recursive: true });
  return folder;
}

const add = (folder: string, name: string) => writeFileSync(join(folder, name), readFileSync(fixture('gpt2', SINGLE)));

describe('two sets of weights in one folder, of which one would be measured and the other one served', () => {
  it.each<[string, string, (folder: string) => void, readonly [string, string]]>([
    ['one file beside shards and their index', 'mixtral', (f) => add(f, SINGLE), [SINGLE, SHARD]],
    [
      'one file beside the index of others',
      'gpt2',
      (f) => writeFileSync(join(f, INDEX), JSON.stringify({ weight_map: { a: SINGLE, b: 'other.safetensors' } })),
      [SINGLE, INDEX],
    ],
    ['one file beside shards that were left there', 'gpt2', (f) => add(f, SHARD), [SINGLE, SHARD]],
    ['an adapter beside full weights', 'lora', (f) => add(f, SINGLE), [SINGLE, 'adapter_model.safetensors']],
    [
      'full weights beside the config of an adapter',
      'gpt2',
      (f) => writeFileSync(join(f, 'adapter_config.json'), '{}'),
      [SINGLE, 'adapter_config.json'],
    ],
    [
      'shards beside a pickled adapter',
      'mixtral',
      (f) => writeFileSync(join(f, 'adapter_model.bin'), 'x'),
      [INDEX, 'adapter_model.bin'],
    ],
  ])('%s is refused, and both are named', async (_, name, change, [one, other]) => {
    const folder = copyOf(name);
    change(folder);
    expect(await messageOf(folder)).toBe(
      `${folder} has two sets of weights, ${one} and ${other}, and loaders differ in which they use — keep one of them there: remove ${one} or ${other}, or move it to a folder of its own`,
    );
  });

  it('is not what an index of the single file is, nor the formats that hubs have beside it', async () => {
    const folder = copyOf('gpt2');
    const { tensors } = await openCheckpoint(folder);
    const weightMap = Object.fromEntries([...tensors.keys()].map((name) => [name, SINGLE]));
    writeFileSync(join(folder, INDEX), JSON.stringify({ weight_map: weightMap }));
    for (const name of ['pytorch_model.bin', 'consolidated.safetensors', 'model.gguf']) add(folder, name);
    expect((await openCheckpoint(folder)).tensors.size).toBe(tensors.size);
  });

  it('a single path that is given is measured, whatever is beside it', async () => {
    const folder = copyOf('mixtral');
    add(folder, SINGLE);
    rmSync(join(folder, 'config.json'));
    expect((await openCheckpoint(join(folder, SINGLE))).tensors.size).toBeGreaterThan(0);
  });
});

describe('a hub folder with two sets of weights', () => {
  const listing = (...names: readonly string[]) =>
    ['config.json', ...names].map((name) => ({ name, size: 9, oid: name, sha256: null }));

  it.each([
    [SINGLE, SHARD],
    [SINGLE, 'adapter_model.safetensors'],
    [INDEX, 'adapter_config.json'],
  ])('is refused before a download: %s and %s', (one, other) => {
    expect(() => chooseFiles(listing(one, other), 'hf://org/model')).toThrow(
      `hf://org/model has two sets of weights, ${one} and ${other}`,
    );
  });

  it('keeps the index beside a single file, which is compared when it is opened', () => {
    const { whole, weights } = chooseFiles(listing(SINGLE, INDEX), 'hf://org/model');
    expect(whole.map(({ name }) => name)).toContain(INDEX);
    expect(weights.map(({ name }) => name)).toEqual([SINGLE]);
  });
});
