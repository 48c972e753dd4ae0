import { LOGIT_FACTORS } from '@shadow-gate/language-model/engine';
import { at } from '@shadow-gate/platform';
import { ScaleCurve } from '../../statistics/index.ts';

/** The multiples of all logits at which a log-likelihood is known, including 1. */
export const FACTORS = [...LOGIT_FACTORS, 1].sort((a, b) => a - b);
const CURVE = new ScaleCurve(FACTORS);

export interface Scaled {
  readonly logprob: number;
  readonly scaled?: readonly number[] | undefined;
}

/** At each of FACTORS. @throws Error if it is not known there */
export function curveOf({ logprob, scaled }: Scaled): readonly number[] {
  if (scaled === undefined) throw new Error('a likelihood is not known with scaled logits');
  return FACTORS.map((factor) => (factor === 1 ? logprob : at(scaled, LOGIT_FACTORS.indexOf(factor as never))));
}

/** The measured multiple of all logits at which these texts together are likeliest, to 1%. */
export function bestScale(curves: ReadonlyArray<readonly number[]>): number {
  return CURVE.bestFactor(FACTORS.map((_, f) => curves.reduce((sum, values) => sum + at(values, f), 0)));
}

/** Weights of the values at FACTORS that interpolate the value at this factor. */
export function weightsAt(factor: number): readonly number[] {
  return CURVE.weightsAt(factor);
}

export function sumProduct(values: readonly number[], weights: readonly number[]): number {
  return values.reduce((sum, value, i) => sum + value * at(weights, i), 0);
}
