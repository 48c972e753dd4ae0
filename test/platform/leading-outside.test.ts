import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openCheckpoint } from '../../src/checkpoint/open.ts';
import { withModel } from '../../src/language-model/model.ts';
import { openCheckpointSource } from '../../src/language-model/open-model.ts';
import { readProbeFile } from '../../src/probes/files/read.ts';
import { messageOf } from '../checkpoint/refusal.ts';
import { fixture, repository, temporaryFolder } from '../fixtures.ts';

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
const json = JSON.stringify({ model_type: SECRET, [SECRET]: SECRET });

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
    ['config.json', json],
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

  it('does not matter where the file is right, as for weights on another disk', async () => {
    const { tensors } = await openCheckpoint(llama);
    const folder = join(temporaryFolder(), 'checkpoint');
    mkdirSync(folder);
    for (const name of ['config.json', 'model.safetensors', 'tokenizer.json']) {
      symlinkSync(join(llama, name), join(folder, name));
    }
    expect((await openCheckpoint(folder)).tensors.size).toBe(tensors.size);
    expect(await runError(folder)).toBe('no error');
  });
});

it('a file of the checkpoint itself, or of the Hugging Face cache, is quoted as before', async () => {
  const cache = join(temporaryFolder(), 'models--org--model');
  const [blobs, snapshot] = [join(cache, 'blobs'), join(cache, 'snapshots', 'main')];
  mkdirSync(blobs, { recursive: true });
  mkdirSync(snapshot, { recursive: true });
  for (const name of ['config.json', 'model.safetensors', 'tokenizer.json']) {
    cpSync(join(llama, name), join(blobs, name));
    symlinkSync(join('..', '..', 'blobs', name), join(snapshot, name));
  }
  writeFileSync(join(blobs, 'config.json'), JSON.stringify({ model_type: 'none' }));
  expect(await runError(snapshot)).toContain('model_type "none" is not supported');
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
