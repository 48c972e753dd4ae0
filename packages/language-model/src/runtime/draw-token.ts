import { createHash } from 'node:crypto';
import { at } from '@shadow-gate/platform';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Sampling } from '../engine.ts';

export interface TokenDraw {
  readonly temperature: number;
  /** In [0, 1). */
  readonly uniform: number;
}

const TWO_TO_32 = 2 ** 32;

/** The draws of one sequence; they depend only on its seed. */
export function tokenDraws({ temperature, seed }: Sampling): () => TokenDraw {
  // Without a hash, the first numbers of neighboring seeds are alike.
  const generator = xoroshiro128plus(createHash('sha256').update(`tokens ${seed}`).digest().readInt32LE(0));
  return () => ({ temperature, uniform: (generator.next() >>> 0) / TWO_TO_32 });
}

/**
 * Draw from softmax(logits ÷ temperature) by its inverse distribution function, in the order of the vocabulary, with
 * sums in float64. @param logits of a row, finite
 */
export function drawToken(logits: Float32Array, { temperature, uniform }: TokenDraw): number {
  // Plain loops: a vocabulary has up to 262,144 tokens, and each draw passes over all of them.
  let most = Number.NEGATIVE_INFINITY;
  for (const logit of logits) if (logit > most) most = logit;
  const weights = new Float64Array(logits.length);
  let total = 0;
  for (let token = 0; token < logits.length; token += 1) {
    const weight = Math.exp((at(logits, token) - most) / temperature);
    weights[token] = weight;
    total += weight;
  }
  let left = uniform * total;
  let likely = 0;
  for (let token = 0; token < logits.length; token += 1) {
    const weight = at(weights, token);
    if (weight > 0) likely = token;
    left -= weight;
    if (left < 0) return token;
  }
  // Rounding can leave a rest of the last sum.
  return likely;
}

/** @param logits [rows, vocabulary] @param draws one per row; null: the most likely token */
export function drawTokens(
  logits: Float32Array,
  best: readonly number[],
  draws: ReadonlyArray<TokenDraw | null>,
): number[] {
  const width = logits.length / best.length;
  return best.map((token, row) => {
    const draw = draws[row] ?? null;
    return draw === null ? token : drawToken(logits.subarray(row * width, (row + 1) * width), draw);
  });
}
