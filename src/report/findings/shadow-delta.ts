import type { Report } from '../../compare/report.ts';
import { accuracyNumbers, carriedOver, subjectIn, transferNumbers } from '../text/deciding-row.ts';
import { carryOverSentence, carryOverWords, twinCarryOver } from '../text/exam-and-twins.ts';
import {
  formatCount,
  formatEnds,
  formatInterval,
  formatLimit,
  formatPart,
  formatPercent,
  formatPercentLimit,
  formatPoints,
  formatPointsChange,
  formatPointsEstimate,
  formatPointsLimit,
  formatRatio,
  percentDigits,
} from '../text/numbers.ts';
import { code, name, type Phrase, phrase, term } from '../text/phrase.ts';
import { missingProbes } from '../text/rule-row.ts';
import { notCarriedOver } from '../text/steps.ts';
import { EXAM, twinWords } from '../text/twin-words.ts';
import type { TopicWords } from './finding-words.ts';

/** A gain in the exam that twins do not share, or that no twin judges. */
export const SHADOW_DELTA_WORDS: TopicWords<'shadow-delta' | 'gain-not-shown'> = {
  'shadow-delta': {
    title: 'Gain not carried over',
    about: 'itself',
    isGain: true,
    sentence: (finding) => {
      const { suite, twins, group, delta, transfer, margin, transferLimit } = finding;
      const size = `${formatPoints(delta.value)} (${formatEnds(delta, percentDigits)}; limit ${formatPointsLimit(margin)})`;
      const rate = `${formatRatio(transfer.value)} (${formatEnds(transfer, formatRatio)}; limit ${formatLimit(transferLimit)})`;
      const those = group === null ? phrase`${twins} twins` : phrase`the group twins of ${name(group)}`;
      return phrase`The ${term('shadowDelta', 'shadow delta')} of ${name(suite)} is ${size}: the gain in the ${term('benchmarkForm', 'exam')} carries over to ${those} with a ${term('transfer', 'transfer')} of ${rate}.`;
    },
    headline: (finding, { probes }) => {
      const { suite, twins, group, delta, transfer, transferLimit } = finding;
      const row = probes?.comparison.kinds.find(
        (other) => other.suite === suite && other.kind === twins && other.group === group,
      );
      const gain = row ? twinCarryOver(row) : null;
      const isBelow = transfer.upper !== null && transfer.upper < transferLimit;
      const words = isBelow
        ? ((gain && carryOverWords({ ...gain, transfer })) ?? 'too little of the gain carries over')
        : `too little of the gain seems to carry over (${formatPart(transfer.value)}, limit ${formatPercentLimit(transferLimit)})`;
      return probes && row && gain
        ? carryOverSentence(row, gain, { words, kinds: probes.comparison.kinds })
        : phrase`${EXAM} gained ${formatPoints(delta.value)} more than ${twinWords({ kind: twins, group })}: ${words}.`;
    },
    row: ({ suite, twins: kind, group, transfer, transferLimit }) => ({
      key: `carried over ${suite} ${kind} ${group ?? ''}`,
      check: carriedOver({ kind, group }),
      ...transferNumbers(transfer, transferLimit),
    }),
    steps: ({ suite }) => notCarriedOver(suite),
    rule: (report, { 'shadow-delta': delta }) => {
      const gain = leastTransfer(report);
      return {
        group: 'Probes',
        check: phrase`${term('transfer', 'Transfer')} of a gain of ${formatPointsLimit(delta['minimum-gain'])} or more, by suite and form`,
        limit: `at least ${formatLimit(delta['transfer-fail'])} (a warning below ${formatLimit(delta['transfer-warn'])}), or a shadow delta of at most ${formatPointsLimit(delta.margin)}`,
        level: delta.level,
        missing: missingProbes(report) ?? (gain === null ? 'there is no such gain' : null),
        value: gain,
      };
    },
  },
  'gain-not-shown': {
    title: 'Gain not shown',
    about: 'itself',
    isGain: true,
    sentence: (finding) => {
      const { suite, facts, candidate, baseline, gain, hasFormat } = finding;
      const accuracies = `${formatPercent(baseline)} → ${formatPercent(candidate)}, ${formatCount(facts, 'fact')}`;
      const what = phrase`The ${term('benchmarkForm', 'exam')} of ${name(suite)} gained ${formatPoints(gain.value)} (${accuracies})`;
      const advice = phrase`Add open or fresh twins, or a private set as ${code('twins-of')}.`;
      return hasFormat
        ? phrase`${what}, and only format twins judge the gain: it is not shown to be memorized, and not shown to be real. ${advice}`
        : phrase`${what}, and too few ${term('twin', 'other forms')} can judge the gain: whether it was memorized was not tested. ${advice}`;
    },
    headline: ({ suite, gain, hasFormat }) =>
      phrase`${EXAM} ${formatPointsChange(gain.value)} in ${name(suite)}: ${hasFormat ? 'only other formats of the same questions confirm it, and a memorized answer passes them too' : 'too few other forms can tell whether it was memorized'}.`,
    row: (finding) => ({
      key: 'exam',
      check: subjectIn(EXAM, finding.suite),
      ...accuracyNumbers(finding, 'other forms must share it'),
    }),
    steps: ({ suite }) => [phrase`Add open or fresh twins to ${name(suite)}, or a private set as ${code('twins-of')}.`],
    rule: (_, { 'shadow-delta': delta }) => ({
      group: 'Probes',
      check: phrase`A gain is confirmed by more than other formats`,
      limit: 'stronger forms too',
      level: delta['format-only'],
    }),
  },
};

/** The gain with the lowest transfer to twins that decide. */
function leastTransfer({ probes }: Report): Phrase | null {
  const judged = (probes?.comparison.kinds ?? []).flatMap(({ role, transfer, delta }) =>
    role === 'decides' && transfer !== null ? [{ transfer, delta }] : [],
  );
  const [least] = judged.sort((a, b) => a.transfer.value - b.transfer.value);
  if (least === undefined) return null;
  const shadow = least.delta === null ? '' : `, shadow delta ${formatPointsEstimate(least.delta)}`;
  return phrase`${formatInterval(least.transfer, formatRatio)}${shadow}`;
}
