import { sha256 } from '@shadow-gate/platform/files';
import { canonicalJson } from '@shadow-gate/platform/json';
import type { PromptReading, ReadPrompt } from './prompt-reading.ts';

/** Prose, code and digits: any change of the weights changes the probabilities of some of them. */
export const FIXED_PROMPTS: readonly string[] = [
  'The harbor froze over in January, and for three weeks no ship could leave. People walked across the ice to the island.',
  'def area(width, height):\n    """Return the area of a rectangle."""\n    return width * height\n\nprint(area(3, 14))',
  'Question: A train leaves at 9:40 and arrives at 13:15. How long does it take?\nAnswer: 3 hours and 35 minutes',
];

/** A server's answers to fixed prompts. The same model, asked the same way, gives the same answers. */
export interface Fingerprint {
  readonly readings: readonly PromptReading[];
  /** SHA-256 of the tokens and of the logarithms to three decimals, in hexadecimal. */
  readonly digest: string;
}

/** Ask the fixed prompts one after the other, so that no batch has two of them. */
export async function takeFingerprint(
  read: ReadPrompt,
  prompts: readonly string[] = FIXED_PROMPTS,
): Promise<Fingerprint> {
  const readings: PromptReading[] = [];
  for (const prompt of prompts) readings.push(await read(prompt));
  const rounded = readings.map(({ logprobs }) => logprobs.map((value) => value.toFixed(3)));
  return { readings, digest: sha256(canonicalJson([readings.map(({ tokens }) => tokens), rounded])) };
}

/** Batching changes the last bits of a logit: bfloat16 has steps of 0.125 from 16 on. Another model changes more. */
const MEAN_TOLERANCE = 0.05;
/** The mean of a few tokens is no steadier than one token. */
const MEAN_TOLERANCE_OF_FEW = 0.2;
const FEW = 16;
const MAX_TOLERANCE = 0.5;

/** In nats. @returns null if the sides are empty, or differ in length, which rounding does not explain */
export function measureDeviation(a: readonly number[], b: readonly number[]) {
  if (a.length !== b.length || a.length === 0) return null;
  const differences = a.map((value, i) => Math.abs(value - (b[i] ?? Number.NaN)));
  return { mean: differences.reduce((sum, value) => sum + value, 0) / a.length, max: Math.max(...differences) };
}

/** Can two answers come from the same model, asked the same way? */
export function isSame(a: readonly number[], b: readonly number[]): boolean {
  const deviation = measureDeviation(a, b);
  const tolerance = a.length < FEW ? MEAN_TOLERANCE_OF_FEW : MEAN_TOLERANCE;
  return deviation !== null && deviation.mean <= tolerance && deviation.max <= MAX_TOLERANCE;
}
