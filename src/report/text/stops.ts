import type { Report } from '../../compare/report.ts';
import { formatCount, formatInteger, formatPercentLimit } from './numbers.ts';
import { type Phrase, phrase } from './phrase.ts';

type Probes = NonNullable<Report['probes']>;

/** How much was asked and why no more was; null where everything was asked at once. */
export function stopSentence({ sequential }: Pick<Probes, 'sequential'>): Phrase | null {
  if (sequential === undefined) return null;
  const { settled, alpha, facts, allFacts, items, allItems } = sequential;
  const asked = phrase`${formatCount(items, 'item')} of ${formatInteger(allItems)} were asked (${formatInteger(facts)} of ${formatCount(allFacts, 'fact')})`;
  const error = phrase`error at most ${formatPercentLimit(alpha)}`;
  switch (settled) {
    case 'pass':
      return phrase`${asked}: the rest cannot hide a loss or a gain that fails (${error}). Numbers are those of what was asked.`;
    case 'fail':
      return phrase`${asked}: the rest cannot make up for this failure (${error}). Numbers are those of what was asked.`;
    case null:
      return phrase`${asked}.`;
  }
}
