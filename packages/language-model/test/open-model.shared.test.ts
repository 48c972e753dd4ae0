import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpointSource } from '@shadow-gate/language-model';
import { UserError } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { fixture, temporaryFolder } from '../../../test/fixtures.ts';
import { languageModel } from '../../../test/language-models.ts';
import { openEngine, outlineModel } from '../src/open-model.ts';
import { difference, readCases } from './runtime/engines.ts';
import { talkingModel } from './talking-model.ts';

interface Options {
  readonly reference?: string;
  readonly needsTokenizer?: boolean;
}

async function open(checkpoint: string, { reference, needsTokenizer = false }: Options = {}) {
  const source = await openCheckpointSource({ checkpoint, reference, device: 'cpu' });
  const outline = await outlineModel(source, { needsTokenizer });
  return { ...outline, engine: await openEngine(source) };
}

async function expectRefused(path: string, pattern: RegExp, options: Options = {}): Promise<void> {
  const opening = open(path, options);
  await expect(opening).rejects.toThrow(pattern);
  await expect(opening).rejects.toBeInstanceOf(UserError);
}

/** A new folder with copies of the files in these folders. */
function folderOf(...parts: readonly string[]): string {
  const folder = join(temporaryFolder(), 'model');
  mkdirSync(folder);
  for (const part of parts) cpSync(part, folder, { recursive: true });
  return folder;
}

describe('outlineModel and openEngine', () => {
  it('open a checkpoint with its tokenizer and special tokens', async () => {
    const { engine, tokenizer, ids, limits } = await open(talkingModel(), { needsTokenizer: true });
    expect(engine.device).toEqual({ name: 'cpu', reason: 'requested' });
    expect(limits).toEqual({ maxLength: engine.maxLength, vocabulary: engine.vocabulary });
    expect(ids.prefixTokenId).toBe(1);
    expect([...ids.eosIds]).toEqual([2]);
    expect(tokenizer?.encode('a', { addSpecialTokens: true })[0]).toBe(1);
    await engine.close();
  });

  it('take special tokens from the configs if there is no tokenizer', async () => {
    const folder = folderOf(languageModel('phi3'));
    writeFileSync(join(folder, 'generation_config.json'), JSON.stringify({ eos_token_id: [5, 6] }));
    const { engine, tokenizer, ids } = await open(folder);
    expect(tokenizer).toBeNull();
    expect([ids.bosId, [...ids.eosIds], ids.prefixTokenId]).toEqual([1, [5, 6], 1]);
    await engine.close();
  });

  it('open an adapter on its base model', async () => {
    const [{ tokens, logits } = { tokens: [], logits: [] }] = readCases(
      join(languageModel('lora'), 'expected.safetensors'),
    );
    const { engine } = await open(languageModel('lora'), { reference: languageModel('llama') });
    expect(difference(await engine.logits(tokens), logits)).toBeLessThanOrEqual(1e-4);
    await engine.close();
  });

  it('prefer the tokenizer of an adapter to that of its base model', async () => {
    const base = talkingModel();
    const adapter = folderOf(languageModel('lora'));
    const given = await open(adapter, { reference: base, needsTokenizer: true });
    expect(given.tokenizer?.bosId).toBe(1);
    await given.engine.close();
    cpSync(fixture('tokenizers', 'gpt2', 'tokenizer.json'), join(adapter, 'tokenizer.json'));
    writeFileSync(join(adapter, 'tokenizer_config.json'), JSON.stringify({ bos_token: '<|endoftext|>' }));
    const own = await open(adapter, { reference: base, needsTokenizer: true });
    expect(own.tokenizer?.bosId).toBe(346);
    // The folder of an adapter does not say with what the model ends.
    expect([...(own.tokenizer?.statedEosIds ?? [])]).toEqual([2]);
    expect(own.tokenizer?.eosIds.has(2)).toBe(true);
    await own.engine.close();
  });

  it('refuse a checkpoint that cannot be run, and a reference that is not one', async () => {
    await expectRefused(languageModel('lora'), /is an adapter, which runs only with its base model — .*--reference/);
    await expectRefused(languageModel('lora'), /is an adapter, not full weights/, { reference: languageModel('lora') });
    await expectRefused(
      languageModel('lora'),
      /has A \[3, 16\] and B \[16, 3\], and the layer of the base model is 24 → 24/,
      {
        reference: languageModel('stablelm'),
      },
    );
    await expectRefused(languageModel('llama'), /tokenizer\.json/, { needsTokenizer: true });
    await expectRefused(join(temporaryFolder(), 'none'), /does not exist/);
    await expectRefused(languageModel('llama'), /does not exist/, { reference: join(temporaryFolder(), 'typo') });
    const bare = folderOf(languageModel('llama'));
    rmSync(join(bare, 'config.json'));
    await expectRefused(bare, /has no config\.json/);
  });
});
