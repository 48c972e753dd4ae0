import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { generateFile, scoreFile } from '../../src/language-model/model.ts';
import { openCheckpointSource } from '../../src/language-model/open-model.ts';
import { OnnxEngine } from '../../src/language-model/runtime/onnx-engine.ts';
import { temporaryFolder } from '../fixtures.ts';
import { languageModel, logSoftmax, readCases, rowsOf } from './runtime/engines.ts';

const source = (name: string) => openCheckpointSource({ checkpoint: languageModel(name), device: 'cpu' });

function fileOf(...lines: readonly object[]): string {
  const file = join(temporaryFolder(), 'requests.jsonl');
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return file;
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('scoreFile', () => {
  it('answers in the order of the requests, from the logits of transformers', async () => {
    const [{ tokens, logits } = { tokens: [], logits: new Float32Array() }] = readCases(
      join(languageModel('phi3'), 'expected.safetensors'),
    );
    const rows = rowsOf(logits, 64);
    const at = (i: number) => logSoftmax(rows[i - 1] ?? [])[tokens[i] as number] as number;
    const file = fileOf(
      { id: 'b', context_ids: tokens.slice(0, 5), continuation_ids: tokens.slice(5, 7) },
      { id: 'a', context_ids: tokens.slice(0, 3), continuation_ids: tokens.slice(3, 4) },
    );
    const { answers, by, truncated } = await scoreFile(await source('phi3'), file);
    expect(answers.map(({ id }) => id)).toEqual(['b', 'a']);
    expect(answers[0]?.logprob).toBeCloseTo(at(5) + at(6), 4);
    expect(answers[1]?.logprob).toBeCloseTo(at(3), 4);
    expect(by).toBe('on cpu (requested)');
    expect(truncated).toEqual([]);
  });

  it('lists the requests that were cut', async () => {
    const context_ids = Array<number>(31).fill(3);
    const file = fileOf(
      { id: 1, context_ids: [1], continuation_ids: [2] },
      { id: 2, context_ids, continuation_ids: [2] },
    );
    expect((await scoreFile(await source('gpt2'), file)).truncated).toEqual([`${file}:2`]);
  });

  it('closes the engine, also after a request that fails', async () => {
    const close = vi.spyOn(OnnxEngine.prototype, 'close');
    await scoreFile(await source('gpt2'), fileOf({ id: 1, context_ids: [1], continuation_ids: [2] }));
    expect(close).toHaveBeenCalledTimes(1);
    const foreign = fileOf({ id: 1, context_ids: [1], continuation_ids: [64] });
    await expect(scoreFile(await source('gpt2'), foreign)).rejects.toThrow(
      /token 64 is not in the model's vocabulary of 64/,
    );
    expect(close).toHaveBeenCalledTimes(2);
  });

  it('loads no model for a request file that cannot be read', async () => {
    const open = vi.spyOn(OnnxEngine, 'open');
    await expect(scoreFile(await source('gpt2'), fileOf({ id: 1, context_ids: 'x' }))).rejects.toThrow(
      /requests\.jsonl:1: /,
    );
    expect(open).not.toHaveBeenCalled();
  });
});

describe('generateFile', () => {
  it('continues token ids without a tokenizer, up to the EOS token of the configs', async () => {
    const file = fileOf({ id: 1, prompt_ids: [5, 6, 7], max_new_tokens: 12 });
    const now = { now: new Date(0) };
    const { answers } = await generateFile(await source('llama'), file, now);
    expect(answers).toEqual([{ id: 1, text: null, tokens: expect.any(Array), finish: 'length' }]);
    expect(answers[0]?.tokens).toHaveLength(12);
    // By default, half of the 64 tokens of its context.
    const [whole] = (await generateFile(await source('llama'), fileOf({ id: 1, prompt_ids: [5, 6, 7] }), now)).answers;
    expect(whole?.tokens).toHaveLength(32);
    expect(whole?.tokens?.slice(0, 12)).toEqual(answers[0]?.tokens);
  });
});
