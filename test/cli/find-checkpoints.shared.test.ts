import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { baseAsPath, findCheckpoints } from '../../src/cli/find-checkpoints.ts';
import { isInLfs, pathIn, pointersIn } from '../../src/cli/init/git.ts';
import { isPrivateAddress, timeoutMinutes } from '../../src/cli/init/place.ts';
import { DEFAULTS } from '../../src/cli/init/questions.ts';
import { chooseRoles } from '../../src/cli/init/roles.ts';
import { temporaryFolder } from '../fixtures.ts';

function folderWith(files: Readonly<Record<string, string>>): string {
  const root = temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const rolesIn = async (root: string, given = {}) =>
  chooseRoles(given, { root, found: await findCheckpoints(root), questions: DEFAULTS });

describe('findCheckpoints', () => {
  it('finds full weights, shards, adapters, GGUF and ONNX models, and no one else’s', async () => {
    const root = folderWith({
      'models/base/model.safetensors': '',
      'models/big/model.safetensors.index.json': '',
      'runs/lora/checkpoint-10/adapter_model.safetensors': '',
      'runs/lora/checkpoint-9/adapter_config.json': '{"base_model_name_or_path": "org/base"}',
      'export/model.onnx': '',
      'gguf/one/model-Q8_0.gguf': '',
      'gguf/parts/big-00001-of-00002.gguf': '',
      'gguf/parts/big-00002-of-00002.gguf': '',
      'gguf/two/model-Q4_0.gguf': '',
      'gguf/two/model-Q8_0.gguf': '',
      'gguf/beside/model.safetensors': '',
      'gguf/beside/model.gguf': '',
      'node_modules/x/model.safetensors': '',
      '.cache/model.safetensors': '',
      'a/b/c/d/e/model.safetensors': '',
    });
    symlinkSync(join(root, 'models'), join(root, 'models/loop'));
    const found = await findCheckpoints(root);
    expect(found.map(({ path, kind }) => [path, kind])).toEqual([
      ['export/model.onnx', 'onnx'],
      ['gguf/beside', 'full'],
      ['gguf/one/model-Q8_0.gguf', 'full'],
      ['gguf/parts/big-00001-of-00002.gguf', 'full'],
      ['models/base', 'full'],
      ['models/big', 'full'],
      ['runs/lora/checkpoint-9', 'adapter'],
      ['runs/lora/checkpoint-10', 'adapter'],
    ]);
  });

  it('knows the base of an adapter by its path, by a folder next to it, or on a hub', async () => {
    const root = temporaryFolder();
    const full = (path: string, name: string | null = null) => ({ path, kind: 'full', name }) as const;
    const of = (name: string | null, others = [full('models/base'), full('models/new')]) =>
      baseAsPath({ path: 'models/lora', kind: 'adapter', name }, { root, others });
    expect(of('./models/base/')).toBe('models/base');
    expect(of('/home/someone/base')).toBe('models/base');
    mkdirSync(join(root, 'elsewhere'));
    expect(of('elsewhere')).toBe('elsewhere');
    // Called a base, or by its own config what the adapter names.
    expect(of('org/model-1.5')).toBe('models/base');
    expect(of(null)).toBe('models/base');
    expect(of('/home/someone/else')).toBe('models/base');
    expect(of('org/m', [full('a', 'org/m'), full('b', 'org/x')])).toBe('a');
    expect(of('org/m', [full('a'), full('base', 'org/other')])).toBe('hf://org/m');
    // Neither of two.
    expect(of('org/m', [full('models/base'), full('models/base-2')])).toBe('hf://org/m');
    expect(of('/home/someone/else', [full('a')])).toBeNull();
  });
});

describe('roles', () => {
  it('come from names: neither a base nor an approved one is changed, and a base is the reference', async () => {
    const files = ['base', 'approved', 'new'].map((name) => [`models/${name}/model.safetensors`, ''] as const);
    expect(await rolesIn(folderWith(Object.fromEntries(files)))).toEqual({
      checkpoint: 'models/new',
      reference: 'models/base',
    });
  });

  it('are those of the last step of a training run', async () => {
    const steps = ['500', '1000', '1500'].map((step) => [`out/checkpoint-${step}/model.safetensors`, ''] as const);
    expect((await rolesIn(folderWith(Object.fromEntries(steps)))).checkpoint).toBe('out/checkpoint-1500');
  });

  it('of an adapter are with its base model', async () => {
    const root = folderWith({ 'a/adapter_config.json': '{"base_model_name_or_path": "org/m"}' });
    expect(await rolesIn(root)).toEqual({ checkpoint: 'a', reference: 'hf://org/m' });
    const alone = folderWith({ 'a/adapter_config.json': '{}' });
    await expect(rolesIn(alone)).rejects.toThrow(/a is an adapter, which runs only with its base model/);
  });

  it('are what is given', async () => {
    const root = folderWith({ 'x/model.safetensors': '', 'base/model.safetensors': '' });
    expect(await rolesIn(root, { checkpoint: 'x', reference: 'none' })).toEqual({
      checkpoint: 'x',
      reference: undefined,
    });
  });

  it('of an adapter with its base next to it are found without a hub, by what is in the folders', async () => {
    const root = folderWith({
      'models/lora/adapter_config.json': '{"base_model_name_or_path": "org/m"}',
      'models/start/model.safetensors': '',
      'models/start/config.json': '{"_name_or_path": "org/m"}',
      'models/base/model.safetensors': '',
    });
    expect(await rolesIn(root, { checkpoint: 'models/lora' })).toMatchObject({ reference: 'models/start' });
  });

  it('need a checkpoint: what was looked for is said', async () => {
    await expect(rolesIn(temporaryFolder())).rejects.toThrow(
      /no checkpoint was found here, up to four levels deep.*--checkpoint/,
    );
  });
});

describe('git', () => {
  it('is asked by .gitattributes what LFS stores, where the last match decides', async () => {
    const root = folderWith({
      '.gitattributes': '*.safetensors filter=lfs diff=lfs\nsmall/*.safetensors -filter\n# *.json filter=lfs\n',
      'deep/.gitattributes': '/a.bin filter=lfs',
    });
    expect(await isInLfs(root, 'models/x/model.safetensors')).toBe(true);
    expect(await isInLfs(root, 'small/model.safetensors')).toBe(false);
    expect(await isInLfs(root, 'a.json')).toBe(false);
    expect(await isInLfs(root, 'deep/a.bin')).toBe(true);
    expect(await isInLfs(root, 'deep/b/a.bin')).toBe(false);
  });

  it('leaves pointers, which are found by their first line', async () => {
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n';
    const root = folderWith({ 'm/model.safetensors': pointer, 'm/config.json': '{}' });
    expect(await pointersIn(join(root, 'm'))).toEqual([join(root, 'm/model.safetensors')]);
    expect(await pointersIn(join(root, 'none'))).toEqual([]);
  });

  it('has paths of its own only', () => {
    expect(pathIn('/r', 'models/x')).toBe('models/x');
    expect(pathIn('/r', '/r/models/x')).toBe('models/x');
    expect(pathIn('/r', '../x')).toBeNull();
    expect(pathIn('/r', '/x')).toBeNull();
    expect(pathIn('/r', '..x')).toBe('..x');
  });
});

it('tells private addresses from public ones', () => {
  for (const address of [
    'http://localhost:8000/v1',
    'http://10.1.2.3/v1',
    'http://gpu-1:8000',
    'http://[::1]:1/v1',
    'http://[fd00::1]/',
  ]) {
    expect(isPrivateAddress(address), address).toBe(true);
  }
  for (const address of ['https://api.example.com/v1', 'https://fdic.example', 'http://172.32.0.1', 'http://8.8.8.8']) {
    expect(isPrivateAddress(address), address).toBe(false);
  }
});

it('gives a job three times what was measured, in half hours, and all it can have where nothing was', () => {
  expect([10, 1300, 1e6, null].map(timeoutMinutes)).toEqual([60, 90, 360, 360]);
});
