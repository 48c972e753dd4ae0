import { groupBy } from '@shadow-gate/platform';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { exactSignFlip } from '../../statistics/index.ts';
import type { Check, ComparisonContext } from '../check.ts';
import { LEAST_FACTS } from '../estimates/kinds.ts';
import type { Finding } from '../finding.ts';
import { pairWithItself } from '../pairing/pair.ts';
import {
  accuracy,
  type PairedAnswers,
  type PairedFact,
  type PairedItem,
  type Side,
  sumOfChanges,
} from '../pairing/paired-item.ts';
import { sampleOf, sumsByUnit } from '../pairing/sample.ts';
import type { KindRow } from '../rows/gains.ts';
import type { KeptRow } from '../rows/letters.ts';
import type { HarmRule, KnownAnswers } from '../sequential/harm-rule.ts';
import {
  ALPHA_OF_LETTERS,
  baselineMemorizedLetters,
  factsWithLetters,
  hasMemorizedLetters,
  keptLetters,
  riseOfKey,
} from '../tests/kept-letters.ts';

/** Gives the old letter after the options moved, more than the baseline and by habit. A remark if it knows answers. */
export const lettersMemorizedCheck = { find, harm } satisfies Check;

function find({ probes, policy }: ComparisonContext): Finding[] {
  if (probes.kind !== 'paired') return [];
  const { kept, kinds } = probes.evaluation.comparison;
  const rule = policy['shadow-delta'];
  return kept.filter(hasMemorizedLetters).map(({ suite, items, candidate, baseline, p }) => {
    const answersKnown = areAnswersKnown(suite, probes, kinds, rule['transfer-fail']);
    const level = answersKnown ? 'info' : rule.level;
    return { kind: 'letters-memorized', level, suite, items, candidate, baseline: baseline ?? 0, p, answersKnown };
  });
}

function harm({ facts, unjudged }: KnownAnswers): HarmRule[] {
  const suites = factsWithLetters([...facts, ...unjudged]);
  return [...suites].map(([suite, own]) => ({
    of: { kind: 'letters-memorized', suite },
    isPart: true,
    facts: own,
    harm: riseOfKey,
    units: own.length,
    most: 1 + Math.max(...own.map(({ permuted }) => permuted.length)),
    least: 1,
    alpha: ALPHA_OF_LETTERS / suites.size,
    loosest: ALPHA_OF_LETTERS,
  }));
}

/** Level at which twins without letters rose. */
const ALPHA_OF_RISE = 0.01;

/**
 * Did the candidate learn the answers as well as the letters? Its `open`, `fresh` or `group` twins rose, by an exact
 * test, and by enough of the gain of its exam form.
 * @param kinds a transfer decides if there is one, else points do
 */
function areAnswersKnown(
  suite: string,
  { facts, unjudged, groups }: Pick<PairedAnswers, 'facts' | 'unjudged' | 'groups'>,
  kinds: readonly KindRow[],
  leastTransfer: number,
): boolean {
  const own = [...facts, ...unjudged].filter(({ exam }) => exam.suite === suite);
  const gain = meanChange(own.map(({ exam }) => exam));
  return (['open', 'fresh', 'group'] as const).some((kind) => {
    const members =
      kind === 'group'
        ? groups.filter(({ of }) => of === suite).flatMap(({ items }) => items.map((item) => [item]))
        : own.map(({ twins }) => twins.filter((twin) => twin.kind === kind)).filter(({ length }) => length > 0);
    const rises = sumsByUnit(sampleOf(members)).map((change) => -change);
    // A few facts with known answers do not excuse the letters of all others.
    if (rises.length < LEAST_FACTS || exactSignFlip(rises) >= ALPHA_OF_RISE) return false;
    const rows = kinds.filter((row) => row.suite === suite && row.kind === kind);
    const transfers = rows.flatMap(({ transfer }) => transfer ?? []);
    if (transfers.length > 0) return transfers.every(({ value }) => value >= leastTransfer);
    return meanChange(members.flat()) >= leastTransfer * gain;
  });
}

function meanChange(items: readonly PairedItem[]): number {
  return sumOfChanges(items) / Math.max(1, items.length);
}

/** The baseline (without one: the candidate) does not follow options. No pass if most of a capability needs labels. */
export function labelsNotBoundCheck({ probes, policy }: ComparisonContext): Finding[] {
  if (probes.kind === 'paired') return findingsOn(probes, 'baseline', policy);
  if (probes.kind !== 'alone') return [];
  const { why } = probes;
  if (why.kind === 'incomparable') return findingsOn(why.answers, 'baseline', policy);
  return why.kind === 'no-baseline' ? findingsOn(pairWithItself(probes.probes), 'candidate', policy) : [];
}

function findingsOn(answers: PairedAnswers, side: Side, policy: ProbePolicy): Finding[] {
  const { facts, unjudged, labels } = answers;
  return labels.flatMap(({ suite, items, why, works, baseline, candidate }): Finding[] => {
    if (works) return [];
    const isOwn = ({ exam }: PairedFact) => exam.suite === suite;
    const [judged, left] = [facts.filter(isOwn), unjudged.filter(isOwn)];
    const level = leavesLittle(judged, left, policy) ? 'inconclusive' : 'info';
    const [most = null] = baseline ?? candidate;
    const byText = judged.filter(({ benchmark, exam }) => benchmark !== exam).length;
    return [{ kind: 'labels-not-bound', level, suite, side, why, items, most, byText, unjudged: left.length }];
  });
}

/** More facts of this suite are not judged than are, in a required capability. */
function leavesLittle(judged: readonly PairedFact[], left: readonly PairedFact[], { require }: ProbePolicy): boolean {
  const capabilityOf = ({ exam }: PairedFact) => exam.capability;
  const covered = groupBy(judged, capabilityOf);
  return [...groupBy(left, capabilityOf)].some(
    ([capability, own]) =>
      own.length > (covered.get(capability)?.length ?? 0) && (require === undefined || require.includes(capability)),
  );
}

/** A baseline that knows letters instead of answers proves nothing: the candidate may lose what was never known. */
export function baselineMemorizedCheck({ probes }: ComparisonContext): Finding[] {
  if (probes.kind === 'paired') return memorizedBy('baseline', probes, probes.evaluation.comparison.kept);
  if (probes.kind !== 'alone' || probes.why.kind !== 'no-baseline') return [];
  // It may become the baseline.
  const answers = pairWithItself(probes.probes);
  const kept = keptLetters([...answers.facts, ...answers.unjudged], { hasBaseline: false });
  return memorizedBy('candidate', answers, kept);
}

function memorizedBy(side: Side, { facts, unjudged }: PairedAnswers, kept: readonly KeptRow[]): Finding[] {
  return kept.filter(baselineMemorizedLetters).map((row) => {
    const own = [...facts, ...unjudged].filter(({ exam }) => exam.suite === row.suite);
    const exams = own.map(({ exam }) => exam);
    const strong = own.flatMap(({ twins }) => twins.filter(({ kind }) => kind === 'open' || kind === 'fresh'));
    return {
      kind: 'baseline-memorized',
      level: 'warn',
      suite: row.suite,
      side,
      items: row.items,
      kept: side === 'baseline' ? (row.baseline ?? 0) : row.candidate,
      chance: row.chance,
      p: row.baselineP,
      exam: accuracy(exams, side),
      twins: strong.length === 0 ? null : accuracy(strong, side),
    };
  });
}
