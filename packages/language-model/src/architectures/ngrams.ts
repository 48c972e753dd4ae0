import type { Convolution, Linear, Norm } from './parts.ts';

/**
 * Rows of a hashed table for the last tokens, added to the residual streams before a mixer (Qwen 4): several for each n
 * from 2 to `size`, side by side. With k and q the norms of `key` of these rows and of the streams, stream by stream,
 * and g = k·q / √hidden, stream i gets v_i + convolution(norm(v))_i, where v_i = σ(sign(g_i) · √max(|g_i|, 10⁻⁶)) ·
 * `value` of the rows.
 */
export interface NgramInput {
  readonly size: number;
  /** All tokens up to this one, and before the first, count as this token. */
  readonly separator: number;
  readonly hash: NgramHash;
  readonly table: NgramTable;
  /** To [count · hidden] and [hidden]. */
  readonly key: Linear;
  readonly value: Linear;
  /** Each over one stream, with one weight over all. */
  readonly keyNorm: Norm;
  readonly streamNorm: Norm;
  readonly convolutionNorm: Norm;
  /** Over all streams. */
  readonly convolution: Convolution;
}

/**
 * Row h of a token's n-gram is offset_h + (t₀·m₀ ⊕ … ⊕ tₙ₋₁·mₙ₋₁) mod size_h, with t₀ the token itself. Files can have
 * `<module>.layer_multipliers` [size], `<module>.ngram_heads_vocab_sizes` and `<module>.ngram_heads_offsets` [heads].
 */
export interface NgramHash {
  readonly module: string;
  /** Seed of the pseudorandom sequence of multipliers. */
  readonly seed: number;
  readonly vocabulary: number;
  /** Those of 2-grams first, as many for each n. */
  readonly sizes: readonly number[];
}

/** [rows, width]: `<module>.weight`, or consecutive tables `<module>.shard_0.weight` and so on. */
export interface NgramTable {
  readonly module: string;
  readonly rows: number;
  readonly width: number;
}

/** First row of each part in the table. */
export function ngramOffsets({ sizes }: NgramHash): number[] {
  let start = 0;
  return sizes.map((size) => {
    start += size;
    return start - size;
  });
}

const GOLDEN = 0x9e3779b97f4a7c15n;

/** Multipliers below 2⁶³ / vocabulary, which files can lack: `_build_layer_multipliers` of transformers 5.24. */
export function ngramMultipliers({ seed, vocabulary }: NgramHash, size: number): bigint[] {
  const half = (2n ** 63n - 1n) / BigInt(vocabulary) / 2n;
  const bound = half > 1n ? half : 1n;
  return Array.from({ length: size }, (_, i) => 2n * (splitmix64(BigInt(seed) + GOLDEN * BigInt(i + 1)) % bound) + 1n);
}

/** SplitMix64 (Steele, Lea & Flood 2014). */
function splitmix64(state: bigint): bigint {
  const first = uint64(state + GOLDEN);
  const second = uint64((first ^ (first >> 30n)) * 0xbf58476d1ce4e5b9n);
  const third = uint64((second ^ (second >> 27n)) * 0x94d049bb133111ebn);
  return third ^ (third >> 31n);
}

const uint64 = (value: bigint) => BigInt.asUintN(64, value);

/** The first `count` primes from `least` on. */
export function primesFrom(least: number, count: number): number[] {
  const primes: number[] = [];
  for (let candidate = Math.max(2, least); primes.length < count; candidate += 1) {
    if (isPrime(candidate)) primes.push(candidate);
  }
  return primes;
}

function isPrime(value: number): boolean {
  for (let divisor = 2; divisor * divisor <= value; divisor += 1) if (value % divisor === 0) return false;
  return true;
}
