import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateFile, openCheckpointSource, scoreFile } from '@shadow-gate/language-model';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../../../test/fixtures.ts';
import { languageModel } from '../../../test/language-models.ts';
import { OnnxEngine } from '../src/runtime/onnx-engine.ts';
import { logSoftmax, readCases, rowsOf } from './runtime/engines.ts';

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
    expect(answers).toMatchObject([
      { logprob: expect.closeTo(at(5) + at(6), 4) },
      { logprob: expect.closeTo(at(3), 4) },
    ]);
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

  it('closes the engine, also after an error', async () => {
    const close = vi.spyOn(OnnxEngine.prototype, 'close');
    const good = fileOf({ id: 1, context_ids: [1], continuation_ids: [2] });
    await scoreFile(await source('gpt2'), good);
    expect(close).toHaveBeenCalledTimes(1);
    vi.spyOn(OnnxEngine.prototype, 'score').mockRejectedValue(new Error('a bug'));
    await expect(scoreFile(await source('gpt2'), good)).rejects.toThrow('a bug');
    expect(close).toHaveBeenCalledTimes(2);
  });

  it('answers a request that cannot be scored by the reason, in its place, and says so before the weights are read', async () => {
    const open = vi.spyOn(OnnxEngine, 'open');
    const seen: string[] = [];
    const file = fileOf(
      { id: 'foreign', context_ids: [1], continuation_ids: [64] },
      { id: 'good', context_ids: [1], continuation_ids: [2] },
      { id: 'nothing', context_ids: [1], continuation_ids: [] },
      { id: 'long', context_ids: [1], continuation_ids: Array<number>(33).fill(2) },
      { id: 'last', context_ids: [3], continuation_ids: [4] },
    );
    const { answers, unanswered } = await scoreFile(await source('gpt2'), file, {
      onRefusals: (refusals) => {
        expect(open).not.toHaveBeenCalled();
        seen.push(...refusals.map(({ error }) => error.message));
      },
    });
    expect(answers).toEqual([
      {
        id: 'foreign',
        error: "token 64 is not in the model's vocabulary of 64 — use the tokenizer that belongs to the checkpoint",
      },
      { id: 'good', logprob: expect.any(Number), token_logprobs: [expect.any(Number)], greedy: expect.any(Boolean) },
      { id: 'nothing', error: expect.stringMatching(/^the continuation has no tokens to score — /) },
      { id: 'long', error: expect.stringMatching(/^the continuation has 33 tokens, the model takes \d+ — /) },
      { id: 'last', logprob: expect.any(Number), token_logprobs: expect.any(Array), greedy: expect.any(Boolean) },
    ]);
    expect(unanswered).toBe(3);
    expect(seen).toHaveLength(3);
    expect(seen[0]).toMatch(/requests\.jsonl:1: token 64 is not/);
    // What is answered is not changed by what is not.
    const alone = await scoreFile(
      await source('gpt2'),
      fileOf({ id: 'good', context_ids: [1], continuation_ids: [2] }),
    );
    expect(answers[1]).toEqual(alone.answers[0]);
  });

  it('answers a request by NaN neither with a number nor with null', async () => {
    vi.spyOn(OnnxEngine.prototype, 'score').mockResolvedValue([
      { tokenLogprobs: [Number.NaN], greedy: false },
      { tokenLogprobs: [-1], greedy: true },
    ]);
    const refusals: string[][] = [];
    const { answers } = await scoreFile(
      await source('gpt2'),
      fileOf({ id: 1, context_ids: [1], continuation_ids: [2] }, { id: 2, context_ids: [1], continuation_ids: [3] }),
      { onRefusals: (some) => refusals.push(some.map(({ error }) => String(error.code))) },
    );
    expect(answers).toEqual([
      { id: 1, error: expect.stringMatching(/^the log-likelihood is NaN — .*spectra/) },
      { id: 2, logprob: -1, token_logprobs: [-1], greedy: true },
    ]);
    expect(refusals).toEqual([['not-finite']]);
  });

  it('reads no weights if no request can be scored: that is an error', async () => {
    const open = vi.spyOn(OnnxEngine, 'open');
    const file = fileOf(
      { id: 1, context_ids: [1], continuation_ids: [64] },
      { id: 2, context_ids: [1], continuation_ids: [] },
    );
    await expect(scoreFile(await source('gpt2'), file)).rejects.toThrow(
      /requests\.jsonl:1: token 64 is not in .* \(and none of the other 1 requests can be answered\) — /,
    );
    expect(open).not.toHaveBeenCalled();
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
    const tokensOf = (answer: object | undefined) => (answer as { tokens?: number[] } | undefined)?.tokens;
    expect(tokensOf(answers[0])).toHaveLength(12);
    // By default, half of the 64 tokens of its context.
    const [whole] = (await generateFile(await source('llama'), fileOf({ id: 1, prompt_ids: [5, 6, 7] }), now)).answers;
    expect(tokensOf(whole)).toHaveLength(32);
    expect(tokensOf(whole)?.slice(0, 12)).toEqual(tokensOf(answers[0]));
  });
});
