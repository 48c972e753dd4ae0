import { at, groupBy } from '@shadow-gate/platform';
import type { Report } from '../../compare/report.ts';
import { isScreened } from '../../measure/aggregate.ts';
import type { TensorMeasurement } from '../../measure/schema/index.ts';
import { metricWord, ofName } from './metric-names.ts';
import { formatCount, formatInteger } from './numbers.ts';
import { type Phrase, phrase, plain } from './phrase.ts';

interface ScreeningWords {
  readonly sentence: string;
  /** Their bounds come from a few products alone. */
  readonly screened: readonly TensorMeasurement[];
  /** Foreign names of matrices that needed their full spectra after all, by reason. */
  readonly completed: ReadonlyArray<{ readonly why: Phrase; readonly names: readonly string[] }>;
}

/** Null if nothing was screened. */
export function screeningWords({ tensors, screening }: Report): ScreeningWords | null {
  const screened = tensors.filter(isScreened);
  const completed = screening?.completed ?? [];
  const all = formatCount(tensors.length, 'matrix', 'matrices');
  if (screened.length + completed.length === 0) return null;
  const needed =
    completed.length === 0
      ? ''
      : ` ${formatInteger(completed.length)} more ${completed.length === 1 ? 'was' : 'were'} screened first and then measured in full, since a rule or a check could have gone either way.`;
  const only =
    screened.length === 0
      ? `No matrix of ${all} was only screened.`
      : `${formatInteger(screened.length)} of ${all} ${screened.length === 1 ? 'was' : 'were'} only screened: bounds from a few products settle every rule that reads them.`;
  const reasons = groupBy(completed, (one) => plain(reasonOf(one)));
  return {
    sentence: `${only}${needed}`,
    screened,
    completed: [...reasons.values()].map((own) => ({
      why: reasonOf(at(own, 0)),
      names: own.map(({ of, name }) => `${name} (${ofName(of)})`),
    })),
  };
}

type Completed = NonNullable<Report['screening']>['completed'][number];

function reasonOf({ cause, metric }: Completed): Phrase {
  return cause === 'rule' ? phrase`a rule on ${metricWord(metric)}` : [REASONS[cause]];
}

const REASONS = {
  'low-rank': 'the rules for updates of low rank, or a calibration',
  spike: 'whether a first direction is a spike',
  unchanged: 'whether anything changed against the baseline',
} as const;
