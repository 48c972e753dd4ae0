import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { at } from '@shadow-gate/platform';
import { arithmeticMean } from '../../../src/statistics/descriptive.ts';
import type { Logprobs, Question } from './contestant.ts';

interface Reference {
  readonly version: string;
  readonly logprobs: Logprobs;
}

/** What transformers computes in float32 from the same GGUF file. */
export function referenceScores(python: string, gguf: string, questions: readonly Question[]): Reference {
  const { stdout, stderr, status } = spawnSync(python, [fileURLToPath(new URL('reference.py', import.meta.url))], {
    input: JSON.stringify({ gguf, questions }),
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`reference.py: ${stderr.slice(-2000)}`);
  return JSON.parse(stdout);
}

/** Absolute differences of log p of a token, in nats. */
export function differences(
  found: Logprobs,
  expected: Logprobs,
): { readonly tokens: number; readonly mean: number; readonly most: number } {
  const sizes = expected.flatMap((choices, i) =>
    choices.flatMap((tokens, j) => tokens.map((value, k) => Math.abs(at(at(at(found, i), j), k) - value))),
  );
  return { tokens: sizes.length, mean: arithmeticMean(sizes), most: Math.max(...sizes) };
}
