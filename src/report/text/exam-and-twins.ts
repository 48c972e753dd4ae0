import type { Finding, FindingKind, FindingOf } from '../../compare/finding.ts';
import type { Both, KindRow, ShadowRow } from '../../compare/probes/comparison.ts';
import type { Report } from '../../compare/report.ts';
import { metricWithFilter } from './benchmarks.ts';
import { type CarryOver, carryOverOf, carryOverWords } from './carry-over.ts';
import { describeFinding } from './finding.ts';
import {
  formatCount,
  formatInteger,
  formatPercent,
  formatPercentLimit,
  formatPoints,
  formatPointsChange,
  formatPointsLimit,
  formatRatio,
  pointsDigits,
} from './numbers.ts';
import { name, type Phrase, phrase, term } from './phrase.ts';
import { allTwinWords, twinWords } from './twin-words.ts';

type Headlines = { readonly [K in FindingKind]?: (finding: FindingOf<K>, report: Report) => Phrase };

/** One plain sentence with the number that decides, of kinds whose full sentence says more than a first line should. */
const HEADLINES: Headlines = {
  'shadow-delta': shadowDelta,
  'twin-accuracy': twinAccuracy,
  'twin-accuracy-unclear': unclear,
  'accuracy-loss': accuracyLoss,
  'level-lost': ({ family, count, candidate, baseline }) => {
    const now = candidate === 0 ? phrase`No level` : phrase`Level ${formatInteger(candidate)}`;
    return phrase`${now} of ${formatInteger(count)} is reached in ${name(family)}, where the baseline reached level ${formatInteger(baseline)}.`;
  },
  retention: ({ value, certain, kept, least }) =>
    phrase`Of ${formatInteger(certain)} exam answers that the baseline was sure of, ${formatInteger(certain - kept)} are now wrong: ${formatPercent(value)} are kept, and the limit is ${formatPercentLimit(least)}.`,
  'letters-memorized': ({ suite, items, candidate, baseline }) =>
    phrase`With its options in another order, ${name(suite)} gets the letter that was right before in ${formatInteger(candidate)} of ${formatCount(items, 'question')} (baseline ${formatInteger(baseline)}): letters were memorized.`,
  'gain-not-shown': ({ suite, gain, hasFormat }) =>
    phrase`${EXAM} ${formatPointsChange(gain.value)} in ${name(suite)}: ${hasFormat ? 'only other formats of the same questions confirm it, and a memorized answer passes them too' : 'too few twins can tell whether it was memorized'}.`,
  'not-informative': ({ nearest }) =>
    nearest === null
      ? phrase`The probes cannot show a loss: accuracy is at chance or at its ceiling everywhere.`
      : phrase`The probes cannot show a loss: at best ${formatPercent(nearest.accuracy)} are right, where guessing has ${formatPercent(nearest.chance)}.`,
  'too-few-facts': ({ facts, least }) =>
    phrase`Only ${formatCount(facts, 'fact was', 'facts were')} asked, and fewer than ${formatInteger(least)} judge nothing.`,
  'missing-baseline': firstRun,
  'benchmark-loss': ({ task, metric, filter, candidate, baseline, change, limit }) => {
    const subject =
      task === null || metric === null || filter === null
        ? phrase`All benchmarks`
        : phrase`${name(task)} (${name(metricWithFilter({ metric, filter }))})`;
    return phrase`${subject} ${formatPointsChange(change)} (${formatPercent(baseline)} → ${formatPercent(candidate)}): a loss beyond the limit of ${formatPointsLimit(limit)}.`;
  },
  'benchmark-gain-not-shown': ({ task, gain }) =>
    phrase`${name(task)} ${formatPointsChange(gain.value)}: logs cannot tell whether the gain was memorized.`,
  'benchmark-unclear': ({ possibleDrop, limit, documents }) =>
    phrase`A loss of ${sizeOf(possibleDrop)} cannot be ruled out by ${formatCount(documents, 'answer')} (limit ${formatPointsLimit(limit)}).`,
};

/** The finding that decides, in one plain sentence. */
export function headlineOf(finding: Finding, report: Report): Phrase {
  const headline = HEADLINES[finding.kind] as ((finding: Finding, report: Report) => Phrase) | undefined;
  return headline === undefined ? describeFinding(finding) : headline(finding, report);
}

export const EXAM = term('benchmarkForm', 'Exam');

const changeOf = ({ baseline, candidate }: Both): number | null => (baseline === null ? null : candidate - baseline);

/** The gain in the exam, and how much of it the twins share. The suite is named if there are several. */
export function carryOverSentence(
  row: KindRow,
  gain: CarryOver,
  { words, kinds }: { readonly words: string; readonly kinds: readonly KindRow[] },
): Phrase {
  const isOne = kinds.every(({ suite }) => suite === row.suite);
  const where = isOne ? [] : phrase` (${name(row.suite)})`;
  return phrase`${EXAM}${where} ${formatPointsChange(gain.exam)}; ${twinWords(row)} ${pointsDigits(gain.twins)}: ${words}.`;
}

function shadowDelta(finding: FindingOf<'shadow-delta'>, { probes }: Report): Phrase {
  const { suite, twins, group, delta, transfer, transferLimit } = finding;
  const row = probes?.comparison.kinds.find(
    (other) => other.suite === suite && other.kind === twins && other.group === group,
  );
  const gain = row ? carryOverOf(row) : null;
  const isBelow = transfer.upper !== null && transfer.upper < transferLimit;
  const words = isBelow
    ? ((gain && carryOverWords({ ...gain, transfer })) ?? 'too little of the gain carries over')
    : `too little of the gain seems to carry over (transfer ${formatRatio(transfer.value)}, limit ${formatRatio(transferLimit)})`;
  return probes && row && gain
    ? carryOverSentence(row, gain, { words, kinds: probes.comparison.kinds })
    : phrase`${EXAM} gained ${formatPoints(delta.value)} more than ${twinWords({ kind: twins, group })}: ${words}.`;
}

/** The row of all facts, or of one capability. */
function rowOf({ probes }: Report, capability: string | null): ShadowRow | undefined {
  return probes?.comparison.rows.find((row) => row.suite === null && row.capability === capability);
}

function twinAccuracy({ capability, change, limit }: FindingOf<'twin-accuracy'>, report: Report): Phrase {
  return twinLoss({ capability, suite: null, change, limit }, report);
}

/** A loss of twins, beside what the exam of the same facts did. */
function twinLoss(
  loss: Pick<FindingOf<'accuracy-loss'>, 'capability' | 'suite' | 'change' | 'limit'>,
  report: Report,
): Phrase {
  const { capability, suite, change, limit } = loss;
  const row = suite === null ? rowOf(report, capability) : undefined;
  const exam = row ? changeOf(row.benchmark) : null;
  const twins = report.probes ? allTwinWords(report.probes.comparison) : phrase`twins`;
  const part = capability ?? suite;
  const where = part === null ? [] : phrase` (${name(part)})`;
  const rest = phrase`${pointsDigits(change)}: a loss beyond the limit of ${formatPointsLimit(limit)}.`;
  return exam === null
    ? phrase`${term('twinAccuracy', 'Twins')}${where} ${rest}`
    : phrase`${EXAM}${where} ${formatPointsChange(exam)}; ${twins} ${rest}`;
}

function accuracyLoss(finding: FindingOf<'accuracy-loss'>, report: Report): Phrase {
  const { form, capability, suite, change, limit } = finding;
  if (form === 'twin') return twinLoss(finding, report);
  const part = capability ?? suite;
  return phrase`${EXAM}${part === null ? [] : phrase` (${name(part)})`} ${formatPointsChange(change)}: a loss beyond the limit of ${formatPointsLimit(limit)}.`;
}

const sizeOf = (drop: number | null): string => (drop === null ? 'any size' : `up to ${formatPoints(drop)}`);

function unclear({ possibleDrop, limit }: FindingOf<'twin-accuracy-unclear'>, report: Report): Phrase {
  const changes = examAndTwins(report);
  const rest = phrase`loss of ${sizeOf(possibleDrop)} cannot be ruled out (limit ${formatPointsLimit(limit)})`;
  return changes === null ? phrase`A ${rest}.` : phrase`${changes}: a ${rest}.`;
}

/** `Exam +0.4 points; new questions of the same kind −0.2`; null without two sides. */
export function examAndTwins(report: Report): Phrase | null {
  const whole = rowOf(report, null);
  const [exam, twins] = whole ? [changeOf(whole.benchmark), changeOf(whole.twin)] : [null, null];
  if (exam === null || twins === null || report.probes === null) return null;
  return phrase`${EXAM} ${formatPointsChange(exam)}; ${allTwinWords(report.probes.comparison)} ${pointsDigits(twins)}`;
}

function firstRun({ path }: FindingOf<'missing-baseline'>, report: Report): Phrase {
  const whole = rowOf(report, null);
  const seen =
    whole && report.probes && whole.facts > 0
      ? phrase` ${EXAM} ${formatPercent(whole.benchmark.candidate)}; ${allTwinWords(report.probes.comparison)} ${formatPercent(whole.twin.candidate)}.`
      : [];
  const where = path === null ? phrase`No baseline was given` : phrase`No baseline was found (${name(path)})`;
  return phrase`${where}, so nothing could be compared.${seen}`;
}
