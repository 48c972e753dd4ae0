import { at } from '@shadow-gate/platform';
import type { MeasuredProbes, TextSuiteMeasurement } from '@shadow-gate/probes/answer';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { ratioInterval } from '../../statistics/index.ts';
import type { Finding } from '../finding.ts';
import { bestScale, curveOf, sumProduct, weightsAt } from '../pairing/logit-scales.ts';
import type { TextRow } from '../rows/apart.ts';
import { exclusionLevel } from './change-interval.ts';
import { compareEveryToken } from './token-changes.ts';

/** The candidate's suites of plain texts, paired with the baseline's of the same texts. */
export function textRows(candidate: MeasuredProbes, baseline: MeasuredProbes | null, policy: ProbePolicy): TextRow[] {
  return (candidate.texts ?? []).map((own): TextRow => {
    const other = baseline?.texts?.find((theirs) => areSame(own, theirs));
    return other === undefined ? rowAlone(own) : rowOfPair(own, other, policy);
  });
}

const areSame = (own: TextSuiteMeasurement, other: TextSuiteMeasurement): boolean =>
  own.name === other.name && own.digest === other.digest;

/** At the logit scale at which all texts are likeliest, if both sides know it. */
function likelihoodsOf({ scores }: TextSuiteMeasurement, isScaled: boolean): readonly number[] {
  const { logprobs, scaled } = scores;
  if (!isScaled || scaled === undefined) return logprobs;
  const curves = logprobs.map((logprob, i) => curveOf({ logprob, scaled: at(scaled, i) }));
  const weights = weightsAt(bestScale(curves));
  return curves.map((values) => sumProduct(values, weights));
}

function rowAlone({ name, scores, leftOut }: TextSuiteMeasurement): TextRow {
  const bytes = sum(scores.bytes);
  return {
    suite: name,
    texts: scores.ids.length,
    bytes,
    candidate: bytes === 0 ? null : sum(scores.logprobs) / bytes,
    baseline: null,
    change: null,
    tokenChanges: null,
    leftOut: leftOut ?? null,
  };
}

/** Over the texts of which both scored the same part, each side at its own sharpness. */
function rowOfPair(own: TextSuiteMeasurement, other: TextSuiteMeasurement, policy: ProbePolicy): TextRow {
  const places = new Map(other.scores.ids.map((id, i) => [id, i]));
  const isScaled = own.scores.scaled !== undefined && other.scores.scaled !== undefined;
  const [ours, theirs] = [likelihoodsOf(own, isScaled), likelihoodsOf(other, isScaled)];
  const pairs = own.scores.ids.flatMap((id, i) => {
    const place = places.get(id);
    const bytes = at(own.scores.bytes, i);
    if (place === undefined || other.scores.bytes[place] !== bytes) return [];
    return [{ bytes, candidate: at(ours, i), baseline: at(theirs, place) }];
  });
  const bytes = sum(pairs.map((pair) => pair.bytes));
  if (bytes === 0) return { ...rowAlone(own), leftOut: own.leftOut ?? other.leftOut ?? null };
  const interval = ratioInterval(
    pairs.map((pair) => ({ sum: pair.candidate - pair.baseline, size: pair.bytes })),
    exclusionLevel(policy),
  );
  return {
    suite: own.name,
    texts: pairs.length,
    bytes,
    candidate: sum(pairs.map(({ candidate }) => candidate)) / bytes,
    baseline: sum(pairs.map(({ baseline }) => baseline)) / bytes,
    change: interval && {
      value: interval.mean,
      standardError: interval.standardError,
      lower: interval.lower,
      upper: interval.upper,
    },
    tokenChanges: pairs.length === own.scores.ids.length ? compareEveryToken(own, other) : null,
    leftOut: null,
  };
}

/** Texts of the built-in suite, which files up to version 0.3 have, came with a seed. */
const filesIn = ({ texts = [] }: MeasuredProbes) => texts.filter(({ seed }) => seed === null);

/** Suites of texts that one side lacks or that differ. */
export function otherTexts(
  candidate: MeasuredProbes,
  baseline: MeasuredProbes,
  { 'text-likelihood': { level } }: ProbePolicy,
): Finding[] {
  const [ours, theirs] = [filesIn(candidate), filesIn(baseline)];
  const names = [...new Set([...ours, ...theirs].map(({ name }) => name))];
  return names.flatMap((suite): Finding[] => {
    const own = ours.find(({ name }) => name === suite);
    const other = theirs.find(({ name }) => name === suite);
    if (own && other && areSame(own, other)) return [];
    const digests = { candidate: own?.digest ?? null, baseline: other?.digest ?? null };
    return [{ kind: 'other-suite', level, suite, ...digests, versions: null }];
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
