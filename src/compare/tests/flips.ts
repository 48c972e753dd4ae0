import { given } from '@shadow-gate/platform';
import type { PairedFact, PairedItem } from '../pairing/paired-item.ts';
import type { Flip } from '../rows/letters.ts';
import { keeps } from './kept-letters.ts';

/** More examples would not be read. */
const SHOWN = 3;

/** Newly kept letters first, if they were memorized, then lost twins, the largest fall first. */
export function findFlips(facts: readonly PairedFact[], options: FlipOptions): Flip[] {
  return allFlips(facts, options)
    .slice(0, SHOWN)
    .map(({ twin, exam }) => ({
      id: twin.id,
      capability: twin.capability,
      ...answersOf(twin),
      ...given({ beside: exam === null ? undefined : answersOf(exam) }),
    }));
}

interface FlipOptions {
  /** Facts that only labels can answer. */
  readonly unjudged?: readonly PairedFact[];
  /** Suites whose letters the candidate memorized. */
  readonly memorized: ReadonlySet<string>;
}

/** At most one kept letter and one lost twin of each fact. */
export function allFlips(facts: readonly PairedFact[], { unjudged = [], memorized }: FlipOptions): FoundFlip[] {
  const kept = [...facts, ...unjudged].filter(({ exam }) => memorized.has(exam.suite)).flatMap(keptLetterOf);
  return [...kept, ...facts.flatMap(lostTwinOf)].sort(
    (a, b) => Number(b.exam !== null) - Number(a.exam !== null) || fall(b.twin) - fall(a.twin),
  );
}

interface FoundFlip {
  readonly twin: PairedItem;
  /** The benchmark form of a kept letter; null for a lost twin. */
  readonly exam: PairedItem | null;
}

function keptLetterOf({ exam, permuted }: PairedFact): FoundFlip[] {
  if (!exam.candidate.correct) return [];
  const twin = permuted.find((item) => keeps(item, 'candidate') && !keeps(item, 'baseline'));
  return twin ? [{ twin, exam }] : [];
}

/** One of each fact: three flips of one fact are one example. */
function lostTwinOf({ benchmark, twins }: PairedFact): FoundFlip[] {
  if (!benchmark.baseline.correct || !benchmark.candidate.correct) return [];
  const lost = twins.filter(({ baseline, candidate }) => baseline.correct && !candidate.correct);
  const [most] = lost.sort((a, b) => fall(b) - fall(a));
  return most ? [{ twin: most, exam: null }] : [];
}

function answersOf({ isHidden = false, prompt, right, baseline, candidate }: PairedItem) {
  if (isHidden) return { prompt: null, right: null, baseline: null, candidate: null };
  return { prompt, right, baseline: baseline.given, candidate: candidate.given };
}

/** Fall of the right answer: of its probability if known, which compares across scorings. */
function fall({ baseline, candidate }: PairedItem): number {
  if (baseline.probability !== null && candidate.probability !== null) {
    return baseline.probability - candidate.probability;
  }
  return Math.tanh(baseline.margin - candidate.margin);
}
