import type { Reason } from '../../compare/finding.ts';
import type { MetricDelta, Report, Verdict } from '../../compare/report.ts';
import type { TensorMeasurement } from '../../measure/schema/measurement.ts';

export const ICONS: Readonly<Record<Reason['level'] | Verdict, string>> = {
  pass: '✅',
  warn: '⚠️',
  fail: '❌',
  inconclusive: '❔',
  info: 'ℹ️',
};

/** Said once in every report with spectra: they show how narrow an update is, and nobody should read more into them. */
const SPECTRA_DISCLAIMER =
  'Spectra show how narrow an update is, not whether it does harm; learning rate and step count move them too.';

/** The same for the probes. */
const PROBE_DISCLAIMER =
  'Probes find what their formats ask: a pass means that no harm above these margins was seen, not that there is none.';

const METRIC_NAMES: Readonly<Record<string, string>> = {
  mlpAttentionRatio: 'MLP ÷ attention',
  mlpTopEnergy: 'top 5 % energy, MLP',
  attentionTopEnergy: 'top 5 % energy, attention',
  updateSize: 'update size',
  frobeniusNorm: 'Frobenius norm',
  spectralNorm: 'spectral norm',
  stableRank: 'stable rank',
  participationRatio: 'participation ratio',
  participationRatioToNull: 'participation ratio ÷ random',
  effectiveRank: 'effective rank',
  effectiveRankRV: 'effective rank (Roy–Vetterli)',
  rank: 'rank',
  'topEnergy.1': 'top-1 energy',
  'topEnergy.8': 'top-8 energy',
  'topEnergy.1%': 'top 1 % energy',
  'topEnergy.5%': 'top 5 % energy',
  alpha: 'power-law α',
  alphaD: 'power-law fit distance',
  alphaTail: 'power-law tail',
  rowGini: 'row Gini',
  snr: 'signal to noise',
  shadowDelta: 'shadow delta',
  twinAccuracy: 'accuracy on twins',
  shadowGap: 'shadow gap',
  retention: 'retention',
  probes: 'probes',
};

/** A metric's name for people. A key that is not ours comes back as it is: escape the answer. */
export function metricName(key: string): string {
  return Object.hasOwn(METRIC_NAMES, key) ? (METRIC_NAMES[key] ?? key) : key;
}

export const ofName = (of: MetricDelta['of']): string => (of === 'delta' ? 'ΔW' : 'W');

/** What stands in place of the metrics that a matrix does not have. */
export const STATUS = { measured: '', zero: 'zero', notFinite: 'not finite' } as const;

/** What a reader should know of a matrix beside its numbers. */
export function remarks({ status, note }: Pick<TensorMeasurement, 'status' | 'note'>): string[] {
  return [STATUS[status], note ?? ''].filter((text) => text !== '');
}

/** What the verdict does not claim. */
export function disclaimerOf(report: Report): string {
  return [
    ...(report.tensors.length > 0 || report.probes === null ? [SPECTRA_DISCLAIMER] : []),
    ...(report.probes === null ? [] : [PROBE_DISCLAIMER]),
  ].join(' ');
}
