import {
  baselineMemorizedLetters,
  hasMemorizedLetters,
  type KeptRow,
  type LabelRow,
  type LevelRow,
  type MemorizationRow,
  type ProbeComparison,
} from '../../compare/probes/index.ts';
import {
  formatCount,
  formatInteger,
  formatPercent,
  formatProbability,
  formatRatio,
  movementWords,
  percentDigits,
} from './numbers.ts';
import { joinPhrases, name, type Phrase, phrase, term } from './phrase.ts';

const NAMED_LABELS = 5;

/** Are letters judged, and how does the baseline use them? */
export function labelSentence(row: LabelRow): Phrase {
  const who = row.baseline === null ? 'model' : 'baseline';
  const given = distribution(row.baseline ?? row.candidate, row.items);
  const where = phrase`On ${name(row.suite)}, the ${who}`;
  const instead = phrase`letters are not judged, only the text of an answer is`;
  const shuffled = row.binding === null ? [] : bindingText(row.binding);
  const can = phrase`${where} can ${term('letterBinding', 'answer with letters')}`;
  const sentences: Readonly<Record<LabelRow['why'], Phrase>> = {
    'does-not-follow-options': phrase`${where} answers ${given} and does not follow the options when they are shuffled${shuffled}: ${instead}.`,
    'constant-label': phrase`${where} answers ${given}: ${instead}.`,
    'not-above-chance': phrase`${where} answers ${given}, and is right no more often than by guessing: ${instead}.`,
    binds: phrase`${can}: it follows the options when they are shuffled${shuffled}.`,
    'above-chance': phrase`${can}: it is right more often than by guessing. No item has its options shuffled, so nothing more was checked.`,
  };
  return sentences[row.why];
}

/** `A in 99 of 100 lettered questions (B in 1)`. Labels are foreign. */
function distribution(labels: LabelRow['candidate'], items: number): Phrase {
  const [first, ...others] = labels;
  const questions = formatCount(items, 'lettered question');
  if (first === undefined) return phrase`none of ${questions}`;
  const rest = others.filter(({ count }) => count > 0).slice(0, NAMED_LABELS - 1);
  const named = joinPhrases(rest.map(({ label, count }) => phrase`${name(label)} in ${formatInteger(count)}`));
  return phrase`${name(first.label)} in ${formatInteger(first.count)} of ${questions}${named.length > 0 ? phrase` (${named})` : []}`;
}

const bindingText = ({ pairs, followed, kept, p }: NonNullable<LabelRow['binding']>): Phrase =>
  phrase` (of ${formatCount(pairs, 'pair')} it chose the same option again in ${formatInteger(followed)}, the same letter in ${formatInteger(kept)}; sign test, ${formatProbability(p)})`;

export const showsMemory = (row: KeptRow): boolean => hasMemorizedLetters(row) || baselineMemorizedLetters(row);

export function keptSentence(row: KeptRow): Phrase {
  const { suite, items, baseline, candidate, chance, p, baselineP } = row;
  const from = baseline === null ? '' : `${formatInteger(baseline)} → `;
  const test = baseline === null ? formatProbability(baselineP) : formatProbability(p);
  const memorized =
    baseline !== null && baselineMemorizedLetters(row)
      ? phrase` The baseline itself kept more than its habit for letters explains (${formatProbability(baselineP)}).`
      : phrase``;
  const counted = hasMemorizedLetters(row) ? ' What the exam gained is counted by letters.' : '';
  return phrase`${term('keptLetter', 'Old letter kept')} after shuffling, on ${name(suite)}: ${from}${formatInteger(candidate)} of ${formatInteger(items)} (${formatPercent(chance)} by guessing; ${test}).${counted}${memorized}`;
}

export function robustnessSentence(row: NonNullable<ProbeComparison['robustness']>): Phrase {
  const { facts, benchmark, distracted, lost, won } = row;
  const changes =
    distracted.baseline === null ? '' : `; ${formatInteger(lost)} newly wrong, ${formatInteger(won)} newly right`;
  return phrase`${term('robustnessForm', 'Distracted')} (the exam question with something irrelevant added, decides nothing): ${movementWords(distracted, percentDigits)}%, against ${movementWords(benchmark, percentDigits)}% without (${formatCount(facts, 'fact')}${changes}).`;
}

export const memorizationSentence = ({ suite, facts, benchmark, twin, auc, p }: MemorizationRow): Phrase =>
  phrase`${term('memorizationScore', 'Memorization score')}, by the other forms of ${name(suite)} (information only): the log-likelihood of the benchmark's questions rose by ${formatRatio(benchmark)} nats a token, that of the other forms by ${formatRatio(twin)}; the questions rose more in ${formatPercent(auc)} (50% if nothing was memorized; ${formatCount(facts, 'fact')}, ${formatProbability(p)}).`;

/** `3 → 2 of 7`. */
export function reachedText({ count, reached }: LevelRow): string {
  const { baseline, candidate } = reached;
  const moved =
    baseline === null || baseline === candidate ? String(candidate) : `${baseline}\u00a0→\u00a0${candidate}`;
  return `${moved} of ${count}`;
}

export function levelsSentence(rows: readonly LevelRow[]): Phrase {
  const each = joinPhrases(rows.map((row) => phrase`${name(row.family)} ${reachedText(row)}`));
  return phrase`${term('level', 'Level')} reached: ${each}.`;
}
