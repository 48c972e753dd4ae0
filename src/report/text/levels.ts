import type { LevelRow } from '../../compare/probes/index.ts';
import { name, type Phrase, phrase, term } from './phrase.ts';

/** `3 → 2 of 7`. */
export function reachedText({ count, reached }: LevelRow): string {
  const { baseline, candidate } = reached;
  const moved =
    baseline === null || baseline === candidate ? String(candidate) : `${baseline}\u00a0→\u00a0${candidate}`;
  return `${moved} of ${count}`;
}

/** The level that was reached in every family. */
export function levelsSentence(rows: readonly LevelRow[]): Phrase {
  const each = rows.flatMap((row, i): Phrase => [i === 0 ? '' : ', ', name(row.family), ` ${reachedText(row)}`]);
  return phrase`${term('level', 'Level')} reached: ${each}.`;
}
