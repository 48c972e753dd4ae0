import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fixture } from '../../../../test/fixtures.ts';
import { languageModel } from '../../../../test/language-models.ts';

/** Models as llama.cpp's converter writes them: see make_gguf_models.py. */
export const GGUF_MODELS = readdirSync(fixture('gguf', 'models')).flatMap(
  (file) => /^(.+)\.gguf$/.exec(file)?.[1] ?? [],
);

export function ggufModel(name: string): string {
  return fixture('gguf', 'models', `${name}.gguf`);
}

/** The logits of transformers: next to the file, or next to the checkpoint that it was converted from. */
export function ggufLogits(name: string): string {
  const own = fixture('gguf', 'models', `${name}.safetensors`);
  return existsSync(own) ? own : join(languageModel(name), 'expected.safetensors');
}
