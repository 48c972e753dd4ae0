import { groupBy } from '@shadow-gate/platform';
import type { CalibratedMetric, CalibrationReport, LimitRule } from '../../../compare/calibration/index.ts';
import type { Report } from '../../../compare/report.ts';
import { describeFinding } from '../../summary/finding.ts';
import { calibrationSentence, limitSource } from '../../text/calibration.ts';
import { metricName } from '../../text/metric-names.ts';
import { formatCount, formatInteger, formatNumber, formatProbability } from '../../text/numbers.ts';
import { type Phrase, phrase } from '../../text/phrase.ts';

/** What the limits rest on, or why there are none. */
export function calibrationIntro(report: Report, calibration: CalibrationReport): Phrase {
  const { refused, test } = calibration;
  if (refused !== null) return describeFinding({ kind: 'calibration-refused', level: 'info', ...refused });
  const probability = test === null ? '' : ` For this one, ${formatProbability(test.p)}.`;
  return phrase`${calibrationSentence(report)}${probability}`;
}

export const SIZES_WORDS = 'its shape is judged between these sizes';

const ERROR_WORDS = 'error: leave-one-out, and in parentheses without the line';

/** What most limits of one metric rest on. One test of everything is said once, above all. */
export function sharedSource(
  metrics: readonly CalibratedMetric[],
  { kind, runs, test }: CalibrationReport,
): { readonly by: LimitRule | null; readonly words: string } {
  const rules = metrics.flatMap(({ judged }) => judged?.by ?? []);
  const [by = null] = [...groupBy(rules, (rule) => rule).values()].sort((a, b) => b.length - a.length)[0] ?? [];
  const isSaid = by === null || by === 'order-statistic';
  const error = metrics.some(({ judged }) => judged?.line) ? [ERROR_WORDS] : [];
  const words = isSaid ? [] : [limitSource(by, { runs: runs.length, calibration: kind, test })];
  return { by, words: [...words, ...error].join('; ') };
}

/**
 * The error of a limit that follows the size of the update; null for other limits. The head of its metric explains it.
 */
export function lineError({ judged }: CalibratedMetric): string | null {
  const line = judged?.line ?? null;
  return line === null ? null : `error ${formatNumber(line.error)} (${formatNumber(line.errorOfMean)})`;
}

/** Head of the fold with what is not judged. */
export function othersWords(metrics: readonly CalibratedMetric[]): string {
  const names = new Set(metrics.map(({ metric }) => metricName(metric)));
  return `${formatCount(names.size, 'other metric')}, not judged (${formatInteger(metrics.length)} numbers)`;
}

export function runsWords({ runs, kind }: CalibrationReport): string {
  return kind === 'series'
    ? `The numbers of the ${formatCount(runs.length, 'checkpoint')}, in their order`
    : `The numbers of the ${formatCount(runs.length, 'known-good run')}`;
}
