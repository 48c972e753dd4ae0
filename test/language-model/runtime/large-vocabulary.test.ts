import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { at } from '../../../src/platform/at.ts';
import { float32, writeSafetensors } from '../../checkpoint/write-safetensors.ts';
import { readJson, temporaryFolder } from '../../fixtures.ts';
import { generator } from '../random.ts';
import { readTensors } from '../read-tensors.ts';
import { languageModel, rowsOf, withEngine } from './engines.ts';

/** As many tokens as Gemma has. */
const VOCABULARY = 262_144;

/** A sum in float32 that runs over so many one after the other is 3e-4 too small. */
const PER_TOKEN = 2e-5;

/** The fixture of Qwen 3 with the embeddings, and so the output layer, of a vocabulary of this size. */
function enlarged(): string {
  const source = languageModel('qwen3');
  const { hidden_size: hidden, ...config } = readJson<{ hidden_size: number }>(join(source, 'config.json'));
  const random = generator(7);
  const rows = Array.from({ length: VOCABULARY * hidden }, () => 3 * (random() - 0.5));
  const tensors = Object.fromEntries(
    [...readTensors(join(source, 'model.safetensors'))].flatMap(([name, { shape, values }]) =>
      name === 'lm_head.weight' ? [] : [[name, float32(shape, [...values])]],
    ),
  );
  const folder = temporaryFolder();
  const embeddings = { 'model.embed_tokens.weight': float32([VOCABULARY, hidden], rows) };
  writeSafetensors(join(folder, 'model.safetensors'), { ...tensors, ...embeddings });
  const own = { hidden_size: hidden, vocab_size: VOCABULARY, tie_word_embeddings: true };
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, ...own }));
  return folder;
}

it('log-probabilities over a large vocabulary are those of float64', async () => {
  const tokens = [5, 262_000, 77, 131_072, 9];
  await withEngine(enlarged(), {}, async (engine) => {
    const [score] = await engine.score([{ context: tokens.slice(0, 1), continuation: tokens.slice(1) }]);
    const rows = rowsOf(await engine.logits(tokens), VOCABULARY);
    for (const [i, token] of tokens.slice(1).entries()) {
      const row = at(rows, i);
      const total = Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0));
      expect(Math.abs(at(score?.tokenLogprobs ?? [], i) - ((row[token] as number) - total))).toBeLessThan(PER_TOKEN);
    }
  });
});
