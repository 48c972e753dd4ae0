import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { openCheckpoint } from '@shadow-gate/checkpoints';
import { openCheckpointSource, withModel } from '@shadow-gate/language-model';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fixture, repository, temporaryFolder } from '../../../../test/fixtures.ts';
import { messageOf } from '../../../checkpoints/test/refusal.ts';
import { readProbeFile } from '../../src/files/read.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const SECRET = 'ghp_hunter2';

/** A copy of a checkpoint in which one file is a link to a file elsewhere. */
function linking(checkpoint: string, name: string, content: string | Uint8Array): string {
  const folder = join(temporaryFolder(), 'checkpoint');
  cpSync(checkpoint, folder, { recursive: true });
  const target = join(temporaryFolder(), 'elsewhere');
  writeFileSync(target, content);
  rmSync(join(folder, name), { force: true });
  symlinkSync(target, join(folder, name));
  return folder;
}

/** The error when the model is opened to answer. */
async function runError(checkpoint: string): Promise<string> {
  const source = await openCheckpointSource({ checkpoint, device: 'cpu' });
  const options = { needsTokenizer: true, now: new Date(0) };
  return withModel(source, options, async () => 'no error').catch((error: Error) => error.message);
}

const llama = repository('examples', 'base');
const text = `${SECRET}\n`;

describe('a link in a checkpoint to a secret of the machine', () => {
  it.each([
    ['config.json', llama, text],
    ['model.safetensors', llama, text],
    ['model.safetensors.index.json', fixture('mixtral'), text],
    ['model.safetensors.index.json', fixture('mixtral'), JSON.stringify({ weight_map: { [SECRET]: SECRET } })],
    ['adapter_config.json', fixture('lora'), text],
    ['adapter_config.json', fixture('lora'), JSON.stringify({ peft_type: SECRET })],
    ['adapter_model.safetensors', fixture('lora'), text],
  ])('%s is refused without a word of it', async (name, checkpoint, content) => {
    const folder = linking(checkpoint, name, content);
    const message = await messageOf(folder);
    expect(message).toContain(join(folder, name));
    expect(message).not.toContain(SECRET.slice(0, 5));
    // The length of a header is the first eight bytes of the file.
    expect(message).not.toContain(String(Buffer.from(text).readBigUInt64LE()));
  });

  it.each([
    ['tokenizer.json', text],
    ['tokenizer.json', JSON.stringify({ model: { type: SECRET, vocab: SECRET } })],
    ['tokenizer_config.json', text],
    ['generation_config.json', text],
  ])('%s keeps the model from running, without a word of it', async (name, content) => {
    const folder = linking(llama, name, content);
    const message = await runError(folder);
    expect(message).toContain(join(folder, name));
    expect(message).not.toContain(SECRET.slice(0, 5));
  });

  it('is refused where the file is right as well: a model that nobody gave', async () => {
    for (const name of ['config.json', 'model.safetensors']) {
      const folder = linking(llama, name, readFileSync(join(llama, name)));
      expect(await messageOf(folder)).toContain(
        `${join(folder, name)} leads to a file outside of its folder, which is not read`,
      );
    }
    const chat = linking(llama, 'chat_template.jinja', '{{ messages }}');
    expect(await runError(chat)).toContain('chat_template.jinja leads to a file outside');
  });

  it('is refused if it is the checkpoint itself, in a chain of links, and as an absolute path', async () => {
    const folder = temporaryFolder();
    symlinkSync(join(llama, 'model.safetensors'), join(folder, 'one.safetensors'));
    symlinkSync('one.safetensors', join(folder, 'two.safetensors'));
    expect(await messageOf(join(folder, 'one.safetensors'))).toContain('leads to a file outside');
    expect(await messageOf(join(folder, 'two.safetensors'))).toContain('leads to a file outside');
  });

  it('that leads to itself, or to a folder, is one line', async () => {
    const folder = join(temporaryFolder(), 'checkpoint');
    cpSync(llama, folder, { recursive: true });
    rmSync(join(folder, 'config.json'));
    symlinkSync('config.json', join(folder, 'config.json'));
    expect(await messageOf(folder)).toContain('config.json is a link that leads to itself');
    rmSync(join(folder, 'config.json'));
    mkdirSync(join(folder, 'other'));
    symlinkSync('other', join(folder, 'config.json'));
    expect(await messageOf(folder)).toContain('config.json is not a regular file');
  });
});

describe('a link that is followed', () => {
  it('is the folder that was given, and one within it', async () => {
    const folder = temporaryFolder();
    symlinkSync(llama, join(folder, 'latest'));
    expect((await openCheckpoint(join(folder, 'latest'))).tensors.size).toBeGreaterThan(0);
    const own = join(temporaryFolder(), 'checkpoint');
    cpSync(llama, own, { recursive: true });
    mkdirSync(join(own, 'parts'));
    renameSync(join(own, 'model.safetensors'), join(own, 'parts', 'a'));
    symlinkSync(join('parts', 'a'), join(own, 'model.safetensors'));
    expect(await runError(own)).toBe('no error');
  });

  it('leads into the blobs of a Hugging Face cache, from a snapshot of the same model only', async () => {
    const cache = join(temporaryFolder(), 'models--org--model');
    const other = join(temporaryFolder(), 'models--org--other', 'snapshots', 'main');
    const [blobs, snapshot] = [join(cache, 'blobs'), join(cache, 'snapshots', 'main')];
    for (const folder of [blobs, snapshot, other]) mkdirSync(folder, { recursive: true });
    for (const name of ['config.json', 'model.safetensors', 'tokenizer.json']) {
      cpSync(join(llama, name), join(blobs, name));
      symlinkSync(join('..', '..', 'blobs', name), join(snapshot, name));
      symlinkSync(join(blobs, name), join(other, name));
    }
    expect(await runError(snapshot)).toBe('no error');
    expect(await messageOf(other)).toContain('config.json leads to a file outside');
    expect(await messageOf(join(other, 'model.safetensors'))).toContain('leads to a file outside');
    // What is found there is quoted.
    writeFileSync(join(blobs, 'config.json'), JSON.stringify({ model_type: 'none' }));
    expect(await runError(snapshot)).toContain('model_type "none" is not supported');
  });

  it.each([['blobs'], ['snapshots']])('has no other folder named %s', async (name) => {
    const folder = join(temporaryFolder(), name, 'main');
    mkdirSync(folder, { recursive: true });
    cpSync(join(llama, 'config.json'), join(folder, '..', 'config'));
    cpSync(join(llama, 'model.safetensors'), join(folder, 'model.safetensors'));
    symlinkSync(join('..', 'config'), join(folder, 'config.json'));
    expect(await messageOf(folder)).toContain('config.json leads to a file outside');
  });
});

it('an adapter names a base model anywhere on the machine, whose config is not read', async () => {
  const base = temporaryFolder();
  writeFileSync(join(base, 'config.json'), JSON.stringify({ model_type: 'secret', n_head: 7 }));
  const folder = join(temporaryFolder(), 'adapter');
  cpSync(fixture('lora'), folder, { recursive: true });
  const file = join(folder, 'adapter_config.json');
  const config = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  symlinkSync(base, join(folder, 'linked'));
  for (const named of [base, relative(folder, base), 'linked']) {
    writeFileSync(file, JSON.stringify({ ...config, base_model_name_or_path: named }));
    expect((await openCheckpoint(folder)).architecture.modelType).toBeNull();
  }
  cpSync(base, join(folder, 'base'), { recursive: true });
  writeFileSync(file, JSON.stringify({ ...config, base_model_name_or_path: 'base' }));
  expect((await openCheckpoint(folder)).architecture.modelType).toBe('secret');
});

describe('a probe file that is a secret of the machine', () => {
  it.each([
    [
      'by a link',
      (workspace: string, outside: string) => symlinkSync(join(outside, 'own.csv'), join(workspace, 'own.csv')),
      'own.csv',
    ],
    [
      'by a linked folder',
      (workspace: string, outside: string) => symlinkSync(outside, join(workspace, 'probes')),
      'probes/own.csv',
    ],
  ])('%s is refused without a word of it', async (_, link, name) => {
    const [workspace, outside] = [temporaryFolder(), temporaryFolder()];
    writeFileSync(join(outside, 'own.csv'), `prompt,${SECRET},${SECRET}\n`);
    link(workspace, outside);
    vi.spyOn(process, 'cwd').mockReturnValue(workspace);
    const file = join(workspace, name);
    const error: unknown = await readProbeFile(file, { seed: 1 }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ message: expect.stringContaining(file) });
    expect((error as Error).message).not.toContain(SECRET.slice(0, 5));
    // The file itself is quoted, so the link is what matters.
    await expect(readProbeFile(join(outside, 'own.csv'), { seed: 1 })).rejects.toThrow(SECRET);
  });
});

it('a syntax error names its line, and quotes nothing', async () => {
  const folder = join(temporaryFolder(), 'checkpoint');
  cpSync(llama, folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), `{\n "a": 1,\n "b": ${SECRET}\n}`);
  const message = await messageOf(folder);
  expect(message).not.toContain(SECRET.slice(0, 5));
  expect(message).toMatch(/config\.json is not JSON/);
});
