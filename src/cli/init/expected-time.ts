import { matrixRate } from '@shadow-gate/checkpoints/onnx';
import type { Suite } from '@shadow-gate/probes/suite';
import { planSpectra } from '@shadow-gate/spectra';
import type { OpenedPair } from './model.ts';

/** How long a measurement takes on the CPU of this machine, in seconds, by the sizes alone. */
export interface ExpectedTime {
  readonly spectra: number;
  readonly probes: number;
}

/**
 * Tokens that a model reads for all items of the built-in suite at its levels and the pilot that finds them: fewer than
 * the prompts have, since what prompts have in common is read once. From runs of models of 122, 135 and 268 million
 * parameters.
 */
const BUILTIN_TOKENS = 30_000;

/** To open a model, and what does not depend on its size. */
const START_SECONDS = 5;

/** For prompts from files. */
const CHARACTERS_PER_TOKEN = 4;

/** Answers are read too, and one by one. */
const ANSWERS = 1.3;

/**
 * Expect the time of a measurement without trying it: from the speed of a matrix product on this machine, which takes a
 * fraction of a second. It may be off by a factor of two; the progress of the run knows better.
 */
export async function expectTime(
  { checkpoint, reference }: OpenedPair,
  { spectra, suites }: { readonly spectra: boolean; readonly suites: readonly Suite[] },
): Promise<ExpectedTime> {
  const device = { name: 'cpu', reason: 'expected' } as const;
  const rate = await matrixRate(device);
  const jobs = spectra ? planSpectra(checkpoint, reference, { method: 'auto', device }).jobs : [];
  const products = jobs.reduce((sum, { cost }) => sum + cost, 0);
  const run = checkpoint.format === 'lora' ? (reference ?? checkpoint) : checkpoint;
  const parameters = [...run.tensors.values()].reduce((sum, { size }) => sum + size, 0);
  const tokens = suites.reduce((sum, suite) => sum + tokensOf(suite), 0);
  // A multiplication and an addition each.
  return {
    spectra: (2 * products) / rate,
    probes: tokens === 0 ? 0 : START_SECONDS + (2 * parameters * tokens) / rate,
  };
}

function tokensOf({ version, items }: Suite): number {
  if (version !== null) return BUILTIN_TOKENS;
  const characters = items.reduce((sum, { prompt }) => sum + prompt.length, 0);
  return (ANSWERS * characters) / CHARACTERS_PER_TOKEN;
}
