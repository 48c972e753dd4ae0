import { capitalize } from '@shadow-gate/platform';
import type { Random } from '../../random.ts';
import { NAMES, NOUNS, type Noun, UNCOMMON_NAMES, UNCOMMON_NOUNS, withArticle } from '../../words.ts';

/** The values of `{A}`, `{many}` and the other gaps of a story that are not numbers. */
export type Cast = Readonly<Record<string, string>>;

export interface CastVocabulary {
  readonly names: readonly string[];
  readonly nouns: readonly Noun[];
}

export const COMMON: CastVocabulary = { names: NAMES, nouns: NOUNS };
export const UNCOMMON: CastVocabulary = { names: UNCOMMON_NAMES, nouns: UNCOMMON_NOUNS };

export function drawCast(random: Random, { names, nouns }: CastVocabulary): Cast {
  const [A = '', B = '', C = ''] = random.sample(names, 3);
  const { one, many } = random.pick(nouns);
  return { A, B, C, many, 'An one': capitalize(withArticle(one)) };
}

export function fillGaps(text: string, values: Readonly<Record<string, string | number | undefined>>): string {
  return text.replace(/\{(.+?)\}/g, (_, key: string) => String(values[key]));
}
