import type { Flip } from './comparison.ts';
import type { PairedFact, PairedItem } from './paired-item.ts';

/** More examples would not be read. */
const SHOWN = 3;

/** The clearest flips: benchmark form correct before and after, twin correct before and wrong now, the largest fall first. */
export function findFlips(facts: readonly PairedFact[]): Flip[] {
  return facts
    .filter(({ benchmark }) => benchmark.baseline.correct && benchmark.candidate.correct)
    .flatMap(({ twins }) => {
      const lost = twins.filter(({ baseline, candidate }) => baseline.correct && !candidate.correct);
      // One of each fact: three flips of one fact are one example.
      return lost.sort((a, b) => fall(b) - fall(a)).slice(0, 1);
    })
    .sort((a, b) => fall(b) - fall(a))
    .slice(0, SHOWN)
    .map(({ id, capability, prompt, right, baseline, candidate }) => ({
      id,
      capability,
      prompt,
      right,
      baseline: baseline.given,
      candidate: candidate.given,
    }));
}

/** How far the right answer fell: in probability where there is one, since that compares across scorings. */
function fall({ baseline, candidate }: PairedItem): number {
  if (baseline.probability !== null && candidate.probability !== null) {
    return baseline.probability - candidate.probability;
  }
  return Math.tanh(baseline.margin - candidate.margin);
}
