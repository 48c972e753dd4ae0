import { at } from '@shadow-gate/platform';
import { LOG_UNIT, type Predictions, type TextSuiteMeasurement } from '@shadow-gate/probes/answer';
import { ratioInterval } from '../../statistics/index.ts';
import type { Measured, TokenChanges } from '../rows/apart.ts';

type Predicted = TextSuiteMeasurement & { readonly predictions: Predictions };

/**
 * The figures that llama.cpp's perplexity tool prints for a quantized copy (tools/perplexity/README.md): Mean Δp, RMS
 * Δp, Same top p, PPL(Q)/PPL(base) and, over the texts with lists of tokens, Mean KLD. The root and the ratio have the
 * standard errors of their first derivatives.
 * @returns null if not known on both sides, or if tokens differ
 */
export function compareEveryToken(
  candidate: TextSuiteMeasurement,
  baseline: TextSuiteMeasurement,
): TokenChanges | null {
  if (!isPredicted(candidate) || !isPredicted(baseline) || candidate.encoding !== baseline.encoding) return null;
  const [q, p] = [candidate.predictions, baseline.predictions];
  if (candidate.encoding === undefined || q.own.length !== p.own.length) return null;
  const sizes = candidate.scores.tokens;
  const mean = (valueAt: (token: number) => number) => meanOverTexts(sizes, valueAt);
  const own = (side: Predictions, i: number) => Math.exp(-LOG_UNIT * at(side.own, i));
  const changeAt = (i: number) => own(q, i) - own(p, i);
  const square = mean((i) => changeAt(i) ** 2);
  const surprise = mean((i) => LOG_UNIT * (at(q.own, i) - at(p.own, i)));
  const meanChange = mean(changeAt);
  const sameBest = mean((i) => Number(at(q.best, i) === at(p.best, i)));
  if (!square || !surprise || !meanChange || !sameBest) return null;
  const rms = Math.sqrt(square.value);
  const ratio = Math.exp(surprise.value);
  return {
    tokens: q.own.length,
    meanChange,
    rmsChange: { value: rms, standardError: rms === 0 ? 0 : square.standardError / (2 * rms) },
    sameBest,
    perplexityRatio: { value: ratio, standardError: ratio * surprise.standardError },
    divergence: divergenceOf(q, p, sizes),
  };
}

function isPredicted(suite: TextSuiteMeasurement): suite is Predicted {
  return suite.predictions !== undefined;
}

function divergenceOf({ listed: q }: Predictions, { listed: p }: Predictions, sizes: readonly number[]) {
  const texts = sizes.slice(0, Math.min(q.texts, p.texts));
  const [ours, theirs] = [startsOf(q.known), startsOf(p.known)];
  const found = meanOverTexts(texts, (i) => divergenceAt(distribution(p, i, theirs), distribution(q, i, ours)));
  return found && { ...found, tokens: texts.reduce((sum, size) => sum + size, 0) };
}

/** Probabilities of the tokens of a list, and of all others together. */
interface Coarse {
  readonly known: ReadonlyMap<number, number>;
  readonly rest: number;
}

/** Normalized to the sum 1, which rounding took from it. */
function distribution({ known, tokens, surprises, rest }: Predictions['listed'], i: number, starts: number[]): Coarse {
  const start = at(starts, i);
  const listed = tokens.slice(start, start + at(known, i));
  const probabilities = listed.map((_, j) => Math.exp(-LOG_UNIT * at(surprises, start + j)));
  const others = Math.exp(-LOG_UNIT * at(rest, i));
  const sum = probabilities.reduce((total, one) => total + one, others);
  return { known: new Map(listed.map((token, j) => [token, at(probabilities, j) / sum])), rest: others / sum };
}

/** KL(p ‖ q) over the tokens of both lists and all others as one: a lower bound (Kullback & Leibler 1951). */
function divergenceAt(p: Coarse, q: Coarse): number {
  let [divergence, restOfP, restOfQ] = [0, p.rest, q.rest];
  for (const [token, probability] of p.known) {
    const other = q.known.get(token);
    if (other === undefined) restOfP += probability;
    else divergence += probability * Math.log(probability / other);
  }
  for (const [token, probability] of q.known) if (!p.known.has(token)) restOfQ += probability;
  return restOfP > 0 && restOfQ > 0 ? divergence + restOfP * Math.log(restOfP / restOfQ) : divergence;
}

function startsOf(known: readonly number[]): number[] {
  let start = 0;
  return known.map((size) => {
    start += size;
    return start - size;
  });
}

/** @param sizes tokens of each text; tokens are counted through all of them */
function meanOverTexts(sizes: readonly number[], valueAt: (token: number) => number): Measured | null {
  let next = 0;
  const texts = sizes.map((size) => {
    let sum = 0;
    for (const end = next + size; next < end; next += 1) sum += valueAt(next);
    return { sum, size };
  });
  const found = ratioInterval(texts, LEVEL);
  return found && { value: found.mean, standardError: found.standardError };
}

/** Any level: only the standard error is used. */
const LEVEL = 0.95;
