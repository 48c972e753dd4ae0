import type { Report } from '../../compare/report.ts';
import { formatCount, formatDuration, formatEstimate, formatInteger, formatPercentLimit } from './numbers.ts';
import { type Phrase, phrase } from './phrase.ts';

type Probes = NonNullable<Report['probes']>;

/** How much was asked, and why no more; null if everything was asked at once. */
export function stopSentence({ sequential }: Pick<Probes, 'sequential'>): Phrase | null {
  if (sequential === undefined) return null;
  const { settled, alpha, facts, allFacts, items, allItems } = sequential;
  const asked = phrase`${formatCount(items, 'item')} of ${formatInteger(allItems)} were asked (${formatInteger(facts)} of ${formatCount(allFacts, 'fact')})`;
  if (settled === null) return phrase`${asked}.`;
  const rest = settled === 'pass' ? 'hide a loss or a gain that fails' : 'make up for this failure';
  return phrase`${asked}: the rest cannot ${rest} (error at most ${formatPercentLimit(alpha)}). Changes are those of what was asked.`;
}

/** What the candidate was asked in: whatever only other tokens show was not seen. */
export function coverageSentence({ vocabulary }: Pick<Probes, 'vocabulary'>): Phrase | null {
  if (vocabulary === undefined) return null;
  return phrase`The candidate read ${formatInteger(vocabulary.read)} of the ${formatCount(vocabulary.size, 'token')} of its vocabulary.`;
}

type Use = Readonly<Record<'seconds' | 'facts' | 'least' | 'leastSeconds' | 'all' | 'allSeconds', number>>;

export function budgetSentence({ seconds, facts, least, leastSeconds, all, allSeconds }: Use): Phrase {
  const enough =
    facts < least && least < all ? `${formatInteger(least)} would take ${formatEstimate(leastSeconds)}, ` : '';
  return phrase`The time budget of ${formatDuration(seconds)} bought ${formatInteger(facts)} of ${formatCount(all, 'fact')}; ${enough}all of them would take ${formatEstimate(allSeconds)}.`;
}
