import { groupBy } from '@shadow-gate/platform';
import type { Report } from '../../compare/report.ts';
import { FINDING_WORDS } from '../findings/list.ts';
import { withoutInLogs } from '../text/benchmarks.ts';
import { ofName } from '../text/metric-names.ts';
import { formatCount, formatDuration } from '../text/numbers.ts';
import { type Phrase, phrase, prose } from '../text/phrase.ts';
import { screeningWords } from '../text/screening.ts';
import { stopSentence } from '../text/stops.ts';
import { describeFinding } from './finding.ts';

export interface Gap {
  readonly what: string;
  readonly why: Phrase;
  /** Foreign; not all if there are very many. */
  readonly names: readonly string[];
}

const MOST_NAMES = 200;

/** Tensors and probe items that were left out, by reason; the most frequent first. */
export function measurementGaps(report: Report): Gap[] {
  const { skipped, probes } = report;
  const items = (probes?.leftOut ?? []).map(({ suite, id, reason }) => ({ name: `${suite}: ${id}`, reason }));
  return [...gapsIn(skipped, 'tensor'), ...screenedGap(report), ...gapsIn(items, 'probe item')];
}

function screenedGap(report: Report): Gap[] {
  const words = screeningWords(report);
  if (words === null || words.screened.length === 0) return [];
  const what = `full spectra of ${formatCount(words.screened.length, 'matrix', 'matrices')}`;
  const names = words.screened.slice(0, MOST_NAMES).map(({ of, name }) => `${name} (${ofName(of)})`);
  return [{ what, why: [words.sentence], names }];
}

function gapsIn(all: ReadonlyArray<{ readonly name: string; readonly reason: string }>, one: string): Gap[] {
  return [...groupBy(all, ({ reason }) => reason)]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([reason, members]) => ({
      what: formatCount(members.length, one),
      why: phrase`${prose(reason)}`,
      names: members.slice(0, MOST_NAMES).map(({ name }) => name),
    }));
}

/** Other gaps in measurement and judgment. */
export function gapSentences(report: Report): Phrase[] {
  return [
    ...report.findings.filter(({ kind }) => FINDING_WORDS[kind].isGap).map(describeFinding),
    ...notAsked(report),
    ...(report.trend === null ? [NO_TREND] : []),
    ...(report.benchmarks === null ? [] : [phrase`Logs of an evaluation have ${withoutInLogs(report)}.`]),
  ];
}

const NO_TREND = phrase`The report has no trend: only scheduled checks of the action keep a history.`;

function notAsked({ probes }: Report): Phrase[] {
  if (probes === null) return [];
  const stop = stopSentence(probes);
  if (stop !== null && probes.sequential?.settled) return [stop];
  if (probes.budgetSeconds === null) return [];
  const all = probes.suites.reduce((sum, { items }) => sum + items, 0);
  const rest = all - probes.asked - probes.leftOut.length;
  if (rest <= 0) return [];
  return [
    phrase`${formatCount(rest, 'probe item')} of ${formatCount(all, 'item')} were not asked: the time limit was ${formatDuration(probes.budgetSeconds)}.`,
  ];
}
