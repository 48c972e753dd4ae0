import { capitalize } from '@shadow-gate/platform';
import type { Finding } from '../../compare/finding.ts';
import type { Term } from './glossary.ts';
import { name, type PhrasePart, term } from './phrase.ts';

interface MetricName {
  /** In the middle of a sentence. */
  readonly text: string;
  readonly term: Term | null;
}

const METRICS: Readonly<Record<string, MetricName>> = {
  mlpAttentionRatio: { text: 'MLP ÷ attention ratio', term: 'mlpAttentionRatio' },
  mlpTopEnergy: { text: 'top-5% energy, MLP', term: 'topEnergy' },
  attentionTopEnergy: { text: 'top-5% energy, attention', term: 'topEnergy' },
  updateSize: { text: 'update size', term: 'updateSize' },
  frobeniusNorm: { text: 'Frobenius norm', term: 'frobeniusNorm' },
  spectralNorm: { text: 'spectral norm', term: 'spectralNorm' },
  stableRank: { text: 'stable rank', term: 'stableRank' },
  participationRatio: { text: 'participation ratio', term: 'participationRatio' },
  participationRatioToNull: { text: 'participation ratio ÷ random', term: 'participationRatio' },
  effectiveRank: { text: 'effective rank', term: 'effectiveRank' },
  effectiveRankExcess: { text: 'effective rank − 1', term: 'effectiveRank' },
  effectiveRankRV: { text: 'effective rank (Roy–Vetterli)', term: 'effectiveRank' },
  rank: { text: 'rank', term: 'rank' },
  'rankAt1e-2': { text: 'rank above 1% of σ₁', term: 'rank' },
  rankAboveRounding: { text: 'rank above rounding', term: 'rank' },
  roundingLimit: { text: 'rounding ÷ σ₁', term: 'rank' },
  zeroRows: { text: 'rows of zeros', term: null },
  'topEnergy.1': { text: 'top-1 energy', term: 'topEnergy' },
  'topEnergy.8': { text: 'top-8 energy', term: 'topEnergy' },
  'topEnergy.1%': { text: 'top-1% energy', term: 'topEnergy' },
  'topEnergy.5%': { text: 'top-5% energy', term: 'topEnergy' },
  topEnergyLogOdds: { text: 'log-odds of the top-1 energy', term: 'logOdds' },
  alpha: { text: 'power-law α', term: null },
  alphaD: { text: 'power-law fit distance', term: null },
  alphaTail: { text: 'power-law tail', term: null },
  rowGini: { text: 'row Gini', term: 'rowGini' },
  snr: { text: 'signal to noise', term: 'signalToNoise' },
  referenceSnr: { text: "signal to noise of the reference's format", term: 'signalToNoise' },
  shadowDelta: { text: 'shadow delta', term: 'shadowDelta' },
  twinAccuracy: { text: 'accuracy in other forms', term: 'twinAccuracy' },
  answerLikelihood: { text: 'answer likelihood', term: 'answerLikelihood' },
  ownText: { text: 'own text', term: 'ownText' },
  protocol: { text: 'protocol', term: 'protocol' },
  textLikelihood: { text: 'text likelihood', term: 'textLikelihood' },
  shadowGap: { text: 'shadow gap', term: 'shadowGap' },
  keptLetters: { text: 'kept letters', term: null },
  retention: { text: 'retention', term: 'retention' },
};

const known = (key: string): MetricName | undefined => (Object.hasOwn(METRICS, key) ? METRICS[key] : undefined);

/** A metric's name in a sentence. An unknown key stays as it is: escape the result. */
export const metricName = (key: string): string => known(key)?.text ?? key;

/** The name as part of a phrase, without a link. */
export function metricWord(key: string): PhrasePart {
  return known(key)?.text ?? name(key);
}

/** The name with a link to the glossary. @param options.length characters of a foreign key in a terminal */
export function metricPart(
  key: string,
  options: { readonly capitalized?: boolean; readonly length?: number } = {},
): PhrasePart {
  const found = known(key);
  if (!found) return name(key, options.length);
  const text = options.capitalized ? capitalize(found.text) : found.text;
  return found.term === null ? text : term(found.term, text);
}

/** Log-odds of 0 are a share of one half, so a change cannot be relative to them. */
export const isRelative = (key: string): boolean => key !== 'topEnergyLogOdds';

/** The name of a rule in a sentence: a metric, or a check such as `spike`. */
export const ruleName = (rule: string): string => metricName(CHECKS[rule] ?? rule);

/** Checks with a rule named differently from their metric. */
const CHECKS: Readonly<Record<string, string>> = {
  calibration: 'calibrated limits',
  'not-calibrated-here': 'size of the update',
  'letters-memorized': 'memorized letters',
  'shadow-delta': 'shadowDelta',
  'twin-accuracy': 'twinAccuracy',
  'rank-loss': 'rank loss',
  'zero-rows': 'zeroRows',
  'non-finite': 'NaN and Inf',
  'update-size': 'updateSize',
};

/** W or ΔW. */
export const ofName = (of: Extract<Finding, { kind: 'metric-moved' }>['of']): string => (of === 'delta' ? 'ΔW' : 'W');
