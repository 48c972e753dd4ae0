import { join } from 'node:path';
import { expect } from 'vitest';
import { languageModel } from '../../../../test/language-models.ts';
import type { OnnxEngine } from '../../src/runtime/onnx-engine.ts';
import {
  argmax,
  type Case,
  difference,
  logSoftmax,
  NO_STOPS,
  openKvCache,
  readCases,
  rowsOf,
  TOLERANCE,
  withEngine,
} from './engines.ts';

export const casesOf = (name: string): Case[] => readCases(join(languageModel(name), 'expected.safetensors'));

/** Logits and log-likelihoods of one engine, against those of transformers. */
export async function expectCases(engine: OnnxEngine, cases: readonly Case[]): Promise<void> {
  for (const { label, tokens, logits } of cases) {
    expect(difference(await engine.logits(tokens), logits), label).toBeLessThanOrEqual(TOLERANCE);
    const rows = rowsOf(logits, logits.length / tokens.length);
    const logprobs = tokens.slice(1).map((token, i) => logSoftmax(rows[i] ?? [])[token] as number);
    const [score] = await engine.score([{ context: tokens.slice(0, 1), continuation: tokens.slice(1) }]);
    expect(difference(score?.tokenLogprobs ?? [], logprobs), `${label} scored`).toBeLessThanOrEqual(TOLERANCE);
  }
}

/** A folder of fixtures: logits, log-likelihoods and next tokens, with and without a KV cache. */
export async function expectFolder(name: string): Promise<void> {
  const cases = casesOf(name);
  expect(cases.map(({ label }) => label).sort()).toEqual(['long', 'short']);
  await withEngine(languageModel(name), {}, async (engine) => {
    await expectCases(engine, cases);
    // The other graph, with a KV cache.
    await openKvCache(engine);
    await expectCases(engine, cases);
    const prompts = cases.map(({ tokens }) => ({
      tokens: tokens.slice(0, -1),
      maxNewTokens: 1,
      stopTokens: NO_STOPS,
    }));
    const next = cases.map(({ tokens, logits }) => argmax(rowsOf(logits, logits.length / tokens.length).at(-2) ?? []));
    const made = await engine.generate(prompts);
    expect(made.map(({ tokens: [token] }) => token)).toEqual(next);
  });
}
