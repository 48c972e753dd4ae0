import { detectable, factsNeeded, type InstrumentPower } from '../../compare/probes/index.ts';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { formatCount, formatInteger, formatPoints, formatPointsLimit } from './numbers.ts';
import { code, type Phrase, phrase, term } from './phrase.ts';

/**
 * Whether the facts of a baseline are enough for a pass, which expected accuracy decides; null where that is not known.
 * @param facts that were asked
 */
export function decidesSentence(powers: readonly InstrumentPower[], facts: number, policy: ProbePolicy): Phrase | null {
  const graded = powers.find(({ instrument }) => instrument === 'expected-accuracy');
  if (graded === undefined) return null;
  const loss = phrase`a loss of ${formatPoints(detectable(graded, facts, policy))} of ${term('expectedAccuracy', 'expected accuracy')}`;
  const limit = formatPointsLimit(graded.limit);
  const needed = factsNeeded(graded, policy);
  if (needed <= facts)
    return phrase`${formatCount(facts, 'fact')} rule out ${loss}, and a pass has to rule out ${limit}.`;
  return phrase`${formatCount(facts, 'fact')} rule out no less than ${loss}, and a pass has to rule out ${limit}: it takes ${formatInteger(needed)} facts (${code('facts')} of the built-in suite, or more questions).`;
}
