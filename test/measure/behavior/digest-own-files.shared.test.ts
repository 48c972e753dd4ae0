import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openCheckpoint } from '@shadow-gate/checkpoints';
import { openTokenPlace } from '@shadow-gate/language-model/tokens';
import { directoryStore } from '@shadow-gate/platform/key-value-store';
import { describe, expect, it } from 'vitest';
import { ggufBytes, pair } from '../../../packages/checkpoints/test/formats/gguf/write-gguf.ts';
import { digestOwnFiles } from '../../../src/measure/index.ts';
import { fixture, temporaryFolder } from '../../fixtures.ts';
import { measurePath } from '../measure-path.ts';

/** A small model with a tokenizer of its own. */
function model(name = 'llama'): string {
  const folder = join(temporaryFolder(), 'model');
  cpSync(fixture('language-models', name), folder, { recursive: true });
  for (const file of ['tokenizer.json', 'tokenizer_config.json', 'generation_config.json']) {
    cpSync(fixture('tokenizers', 'llama3', file), join(folder, file));
  }
  return folder;
}

const digestOf = async (path: string) => digestOwnFiles(await openCheckpoint(path));

async function isSameWith(folder: string, file: string): Promise<boolean> {
  const before = await digestOf(folder);
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), '{"another": 1}');
  return (await digestOf(folder)) === before;
}

describe('the digest of the files that decide how a checkpoint is used', () => {
  it.each([
    'tokenizer.json',
    'tokenizer_config.json',
    'special_tokens_map.json',
    'added_tokens.json',
    'vocab.json',
    'merges.txt',
    'tokenizer.model',
    'tokenizer.model.v3',
    'tekken.json',
    'qwen.tiktoken',
    'chat_template.jinja',
    'chat_template.json',
    'additional_chat_templates/rag.jinja',
    'generation_config.json',
    'preprocessor_config.json',
    // No config names it, and a program that is told to trusts it all the same.
    'modeling_x.py',
    'custom_generate/generate.py',
  ])('changes with %s, edited or put there', async (file) => {
    expect(await isSameWith(model(), file)).toBe(false);
  });

  it.each([
    'README.md',
    'model.safetensors.index.json',
    'trainer_state.json',
    '.DS_Store',
    '._tokenizer.json',
    'custom_generate/README.md',
  ])('does not change with %s, which decides nothing', async (file) => {
    const folder = model();
    const before = await digestOf(folder);
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    // The opened checkpoint stays as it is: an index would be one of other weights.
    const opened = await openCheckpoint(folder);
    writeFileSync(join(folder, file), '{"another": 1}');
    expect(await digestOwnFiles(opened)).toBe(before);
  });

  it('is that of an adapter alone, whatever its base model has', async () => {
    const adapter = model('lora');
    expect(await isSameWith(adapter, 'chat_template.jinja')).toBe(false);
    expect(await isSameWith(model('lora'), 'README.md')).toBe(true);
  });

  it('has what a GGUF file says in their place, and not what is next to the file', async () => {
    const written = async (template: string) => {
      const path = join(temporaryFolder(), 'model.gguf');
      const pairs = [
        pair('tokenizer.ggml.model', 'string', 'llama'),
        pair('tokenizer.chat_template', 'string', template),
      ];
      writeFileSync(path, ggufBytes({ pairs }));
      writeFileSync(join(dirname(path), 'chat_template.jinja'), template);
      return path;
    };
    const digestAt = async (path: string) =>
      digestOwnFiles({ format: 'gguf', ...(await openTokenPlace(path)), config: {} });
    const path = await written('{{ messages }}');
    const before = await digestAt(path);
    expect(await digestAt(await written('{{ bos }}'))).not.toBe(before);
    writeFileSync(join(dirname(path), 'chat_template.jinja'), '{{ bos }}');
    expect(await digestAt(path)).toBe(before);
  });

  it('is in a measurement, also where that is recalled by weights and meaning alone', async () => {
    const folder = model();
    const store = directoryStore(temporaryFolder());
    const measured = () => measurePath({ checkpoint: folder, device: 'cpu', store });
    const first = await measured();
    expect(first.behaviorFiles).toBe(await digestOf(folder));
    writeFileSync(join(folder, 'modeling_x.py'), 'raise SystemExit');
    const second = await measured();
    expect(second.run.time, 'from the cache').toBe(first.run.time);
    expect(second.behaviorFiles).toBe(await digestOf(folder));
    expect(second.behaviorFiles).not.toBe(first.behaviorFiles);
  });
});
