import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FolderFiles } from '@shadow-gate/platform/files';
import { describe, expect, it } from 'vitest';
import { codePart } from '../../../src/measure/behavior/code-part.ts';
import { generationConfigPart } from '../../../src/measure/behavior/generation-config-part.ts';
import { fixture, readJson, temporaryFolder } from '../../fixtures.ts';

// What transformers 5.24 makes of one key of config.json each (test/fixtures/make_generation_keys.py).
interface Case {
  readonly key: string;
  readonly value: unknown;
  readonly refused?: string;
  readonly generates?: unknown;
}
const cases = readJson<readonly Case[]>(fixture('generation-keys.json'));

/** Neither changes what is generated, and the ids are compared as special tokens. */
const APART = /^(output_\w+|return_dict_in_generate|use_cache|disable_compile|(bos|eos|pad|decoder_start)_token_id)$/;

const asNumber = (value: unknown) => (typeof value === 'boolean' ? Number(value) : value);

describe('generation keys in config.json', () => {
  it('count exactly where transformers generates with them', async () => {
    const folder = temporaryFolder();
    let counted = 0;
    for (const { key, value, refused, generates } of cases) {
      if (refused !== undefined || APART.test(key)) continue;
      const part = await generationConfigPart(new FolderFiles(folder), null, { model_type: 'llama', [key]: value });
      const sees = Object.hasOwn(part?.values ?? {}, key);
      // In Python, 1 is True: one more difference is named here.
      const isBoolean = typeof value === 'boolean' || asNumber(value) === 0 || asNumber(value) === 1;
      if (!isBoolean || (generates ?? null) !== null)
        expect([key, value, sees]).toEqual([key, value, (generates ?? null) !== null]);
      if (sees) counted += 1;
    }
    expect(counted).toBeGreaterThan(200);
  });

  it('do not count where there is a generation_config.json, as in transformers', async () => {
    expect(cases.every((one) => !('beside' in one) || one.beside === null || one.key === 'max_new_tokens')).toBe(true);
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'generation_config.json'), '{"top_k": 3}');
    const part = await generationConfigPart(new FolderFiles(folder), null, { repetition_penalty: 1.5 });
    expect(part?.values).toEqual({ top_k: '3' });
  });
});

describe('code that a loader runs', () => {
  const folder = (): string => {
    const copy = join(temporaryFolder(), 'model');
    cpSync(fixture('tokenizers', 'llama3'), copy, { recursive: true });
    return copy;
  };

  it('in custom_generate, which takes the place of generate', async () => {
    const model = folder();
    expect(await codePart(new FolderFiles(model), {})).toBeNull();
    mkdirSync(join(model, 'custom_generate'));
    writeFileSync(join(model, 'custom_generate', 'generate.py'), 'raise SystemExit');
    writeFileSync(join(model, 'custom_generate', 'README.md'), '');
    const before = await codePart(new FolderFiles(model), {});
    expect(Object.keys(before?.values ?? {})).toEqual(['custom_generate/generate.py']);
    writeFileSync(join(model, 'custom_generate', 'generate.py'), 'import os');
    expect((await codePart(new FolderFiles(model), {}))?.digest).not.toBe(before?.digest);
  });

  it.each([
    [{ _attn_implementation: 'org/kernel' }, '["org/kernel"]'],
    [{ attn_implementation: 'org/kernel@main:run' }, '["org/kernel@main:run"]'],
    [{ text_config: { _attn_implementation: 'paged|org/kernel' } }, '["paged|org/kernel"]'],
    [{ _attn_implementation: { '': 'sdpa', vision_config: 'org/kernel' } }, '["org/kernel"]'],
  ])('kernels of a hub as attention: %o', async (config, kernels) => {
    expect((await codePart(new FolderFiles(folder()), config))?.values).toEqual({ attn_implementation: kernels });
  });

  it('implementations that programs have are no code', async () => {
    const config = {
      _attn_implementation: 'flash_attention_2',
      attn_implementation: 'sdpa',
      _name_or_path: 'org/model',
    };
    expect(await codePart(new FolderFiles(folder()), config)).toBeNull();
  });
});
