import type { Estimate } from '../../compare/probes/index.ts';
import type { Report } from '../../compare/report.ts';
import { factsRow } from '../text/exam-and-twins.ts';
import {
  formatEnds,
  formatPart,
  formatPercentLimit,
  formatPointsChange,
  formatPointsLimit,
  pointsDigits,
} from '../text/numbers.ts';
import { decidingFinding } from './verdict.ts';

/** The number to remember, with its interval, as shares. */
export interface HeroNumber extends Estimate {
  /** It must not fall below this. */
  readonly limit: number;
  /** `−41.9 points`. */
  readonly shown: string;
  readonly words: string;
  /** `95% interval −45.0 to −38.7; limit −2 points`. */
  readonly note: string;
}

/** The transfer of a gain if that decides, else the change in other forms; null if the probes have no baseline. */
export function heroNumber(report: Report): HeroNumber | null {
  const finding = decidingFinding(report);
  if (finding?.kind === 'shadow-delta') {
    const { transfer, transferLimit } = finding;
    return {
      ...transfer,
      limit: transferLimit,
      shown: formatPart(transfer.value),
      words: 'of the gain carries over',
      note: `${formatEnds(transfer, formatPart)}; limit ${formatPercentLimit(transferLimit)}`,
    };
  }
  const change = factsRow(report, null)?.twinChange;
  const drop = report.applied?.settings['twin-accuracy'].drop;
  if (!change || drop === undefined) return null;
  return {
    ...change,
    limit: -drop,
    shown: formatPointsChange(change.value),
    words: 'in other forms',
    note: `${formatEnds(change, pointsDigits)}; limit −${formatPointsLimit(drop)}`,
  };
}
