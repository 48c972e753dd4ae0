import { itemKey, type MeasuredProbes } from '@shadow-gate/probes/answer';
import type { LogitScale, Measurement } from '../../measure/schema/index.ts';
import { median, standardDeviation } from '../../statistics/index.ts';
import type { ComparisonContext } from '../check.ts';
import type { Finding, FindingOf } from '../finding.ts';
import { measuredProbes } from '../pairing/hide-texts.ts';
import { behaviorLevel, unknownLevel } from './behavior.ts';

/** Parts that moved by less are no cause. */
const CAUSE = 1.1;

const MIN_ITEMS = 20;

/** Another size of logits changes everything that is sampled. Shown by the weights, or without them by answers. */
export function logitScaleCheck({ candidate, baseline, policy }: ComparisonContext): Finding[] {
  if (!baseline) return [];
  const level = behaviorLevel(policy, 'logit-scale');
  const byWeights = weightsFinding(candidate, baseline, policy.behavior['logit-factor']);
  const byAnswers = answersFinding(candidate, baseline, policy.behavior['answer-factor']);
  return [
    // Weights are not needed if a server's answers show it.
    ...(candidate.served && answerRatio(candidate, baseline) !== null
      ? []
      : unknownScale(candidate, baseline, unknownLevel([level]))),
    ...[byWeights, byAnswers].flatMap((found) =>
      found === null ? [] : [{ kind: 'logit-scale', level, ...found } as const],
    ),
  ];
}

type Moved = Omit<FindingOf<'logit-scale'>, 'kind' | 'level'>;

function unknownScale(candidate: Measurement, baseline: Measurement, level: Finding['level']): Finding[] {
  const isLost = candidate.behavior !== null && candidate.behavior.logitScale === null;
  const isExpected = candidate.checkpoint.format === 'lora' && candidate.reference === null;
  if (!isLost || isExpected || (baseline.behavior?.logitScale ?? null) === null) return [];
  return [{ kind: 'behavior-not-compared', level, side: 'candidate', what: 'logit-scale' }];
}

function weightsFinding(candidate: Measurement, baseline: Measurement, limit: number): Moved | null {
  const [ours, theirs] = [candidate.behavior?.logitScale ?? null, baseline.behavior?.logitScale ?? null];
  if (ours === null || theirs === null || theirs.logits === 0) return null;
  const ratio = ours.logits / theirs.logits;
  if (!isMoved(ratio, limit)) return null;
  return { by: 'weights', candidate: ours.logits, baseline: theirs.logits, ratio, limit, parts: partsOf(ours, theirs) };
}

function partsOf(ours: LogitScale, theirs: LogitScale): Moved['parts'] {
  const parts = [
    { name: ours.head.name, ratio: ours.head.rms / theirs.head.rms },
    ...(ours.norm && theirs.norm ? [{ name: ours.norm.name, ratio: ours.norm.rms / theirs.norm.rms }] : []),
    ...(ours.multiplier === theirs.multiplier
      ? []
      : [{ name: 'config.json', ratio: Math.abs(ours.multiplier / theirs.multiplier) }]),
  ];
  return parts.filter(({ ratio }) => Number.isFinite(ratio) && isMoved(ratio, CAUSE));
}

function answersFinding(candidate: Measurement, baseline: Measurement, limit: number): Moved | null {
  const found = answerRatio(candidate, baseline);
  return found === null || !isMoved(found.ratio, limit) ? null : { by: 'answers', ...found, limit, parts: [] };
}

/** How much wider the candidate's choices are spread; null: too few answers show it. */
function answerRatio(candidate: Measurement, baseline: Measurement) {
  const [mine, its] = [measuredProbes(candidate), measuredProbes(baseline)];
  if (!mine || !its || mine.chatTemplate !== its.chatTemplate) return null;
  const theirs = spreadsOf(its);
  const pairs = [...spreadsOf(mine)].flatMap(([key, own]) => {
    const other = theirs.get(key);
    const isSame = other !== undefined && areSame(own, other) && other.spread > 0;
    return isSame ? [{ ours: own.spread, theirs: other.spread }] : [];
  });
  const ratio = median(pairs.map((pair) => pair.ours / pair.theirs));
  if (pairs.length < MIN_ITEMS || ratio === null || !Number.isFinite(ratio)) return null;
  const of = (side: 'ours' | 'theirs') => median(pairs.map((pair) => pair[side])) ?? 0;
  return { candidate: of('ours'), baseline: of('theirs'), ratio };
}

interface Spread {
  /** Digest of its suite. */
  readonly suite: string | undefined;
  readonly prompt: string | null;
  readonly choices: number;
  readonly spread: number;
}

/** The same prompt or, if it is not known, the same suite. */
function areSame(ours: Spread, theirs: Spread): boolean {
  const isKnown = ours.prompt !== null && theirs.prompt !== null;
  const areAsked = isKnown ? ours.prompt === theirs.prompt : ours.suite === theirs.suite;
  return areAsked && ours.choices === theirs.choices;
}

/** Standard deviation of log p(choice) per item: for choices of one length, proportional to the size of the logits. */
function spreadsOf({ items, suites }: MeasuredProbes): Map<string, Spread> {
  // Must-pass questions are in no statistic.
  const together = suites.filter(({ role }) => role !== 'must-pass');
  const digests = new Map(together.map(({ name, digest }) => [name, digest]));
  return new Map(
    items.flatMap((item) => {
      const { logprobs, prompt, suite } = item;
      if (!digests.has(suite)) return [];
      if (logprobs === null || logprobs.length < 2) return [];
      // The choices of a private benchmark have no order, which the last bit would depend on.
      const spread = standardDeviation(logprobs.toSorted((a, b) => a - b));
      return [[itemKey(item), { suite: digests.get(suite), prompt, choices: logprobs.length, spread }] as const];
    }),
  );
}

function isMoved(ratio: number, limit: number): boolean {
  return Number.isFinite(ratio) && (ratio > limit || ratio < 1 / limit);
}
