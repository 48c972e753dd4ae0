import { at } from '@shadow-gate/platform';
import { LOGIT_FACTORS, type ScaledScore } from '../engine.ts';
import type { HeadTarget } from './head-session.ts';

/** Every token of `among` becomes a target in the rows that ask for it: only its logit is needed. */
export function withTokensAmong(given: readonly HeadTarget[]) {
  const extra: HeadTarget[] = [];
  /** By row: the place of each list's first token. */
  const places = new Map<number, Map<readonly number[], number>>();
  for (const { row, among } of given) {
    if (among === undefined) continue;
    const own = places.get(row) ?? new Map<readonly number[], number>();
    places.set(row, own);
    if (own.has(among)) continue;
    own.set(among, given.length + extra.length);
    for (const token of among) extra.push({ row, token });
  }
  return {
    targets: extra.length === 0 ? given : [...given, ...extra],
    /** For each given target, its score among the tokens that it names; null if it names none. */
    scoresAmong: (logprobs: Float32Array): Array<ScaledScore | null> =>
      given.map(({ row, token, among }, i) => {
        const first = among && places.get(row)?.get(among);
        if (among === undefined || first === undefined) return null;
        const others = logprobs.subarray(first, first + among.length);
        const own = at(logprobs, i);
        const all = among.includes(token) ? others : Float32Array.of(own, ...others);
        return { logprob: own - logSum(all, 1), scaled: LOGIT_FACTORS.map((f) => f * own - logSum(all, f)) };
      }),
  };
}

/** log Σ exp(f·x). */
function logSum(values: Float32Array, factor: number): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) most = Math.max(most, factor * value);
  let sum = 0;
  for (const value of values) sum += Math.exp(factor * value - most);
  return most + Math.log(sum);
}
