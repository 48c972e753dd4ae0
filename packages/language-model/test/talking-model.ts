import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fixture, readJson, temporaryFolder } from '../../../test/fixtures.ts';
import { readTensors } from '../../checkpoints/test/read-tensors.ts';
import { float32, writeSafetensors } from '../../checkpoints/test/write-safetensors.ts';
import { generator } from '../../platform/test/random.ts';

/** The ids of the tokenizer are below 380. */
const VOCABULARY = 384;

/**
 * A checkpoint with a tokenizer: the fixture llama, with random embeddings and output layer for the vocabulary of the
 * tokenizer llama2.
 */
export function talkingModel(changes: Readonly<Record<string, unknown>> = {}): string {
  const folder = join(temporaryFolder(), 'talking');
  mkdirSync(folder);
  const path = fixture('language-models', 'llama');
  const random = generator(7);
  const tensors = [...readTensors(join(path, 'model.safetensors'))].map(([name, { shape, values }]) => {
    if (!/embed_tokens|lm_head/.test(name)) return [name, float32(shape, [...values])] as const;
    const width = shape[1] ?? 0;
    const wide = Array.from({ length: VOCABULARY * width }, () => 2 * random() - 1);
    return [name, float32([VOCABULARY, width], wide)] as const;
  });
  writeSafetensors(join(folder, 'model.safetensors'), Object.fromEntries(tensors));
  const config = readJson<Record<string, unknown>>(join(path, 'config.json'));
  const ids = { bos_token_id: 1, eos_token_id: 2 };
  writeFileSync(
    join(folder, 'config.json'),
    JSON.stringify({ ...config, ...ids, vocab_size: VOCABULARY, torch_dtype: 'float32', ...changes }),
  );
  const tokenizer = fixture('tokenizers', 'llama2');
  for (const name of readdirSync(tokenizer)) {
    if (/^(tokenizer|special_tokens)/.test(name)) copyFileSync(join(tokenizer, name), join(folder, name));
  }
  return folder;
}
