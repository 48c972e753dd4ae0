/** A part of a text, in UTF-16 units, and whether it is a match. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly match: boolean;
}

export const BEHAVIORS = ['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'] as const;
export type SplitBehavior = (typeof BEHAVIORS)[number];

/**
 * The whole text, cut at the matches of an expression with the flag `g`. As in the Rust library, an empty match
 * directly after another match does not count, nor does one in an empty text.
 */
export function cutAtMatches(text: string, regex: RegExp): Stretch[] {
  const out: Stretch[] = [];
  let behind = 0;
  let lastMatch = -1;
  let from = 0;
  while (from <= text.length && text !== '') {
    regex.lastIndex = from;
    const found = regex.exec(text);
    if (!found) break;
    const start = found.index;
    if (insidePair(text, start)) {
      from = start + 1;
      continue;
    }
    const end = start + found[0].length;
    if (start === end) {
      from = end + ((text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1);
      if (end === lastMatch) continue;
    } else from = end;
    if (start > behind) out.push({ start: behind, end: start, match: false });
    out.push({ start, end, match: true });
    behind = end;
    lastMatch = end;
  }
  if (behind < text.length) out.push({ start: behind, end: text.length, match: false });
  return out;
}

/** V8 can find an empty match within a surrogate pair. */
function insidePair(text: string, position: number): boolean {
  return position > 0 && position < text.length && (text.codePointAt(position - 1) ?? 0) > 0xffff;
}

/** Every single match of a set of characters. */
export function cutAtCharacters(text: string, isMatch: (point: number) => boolean): Stretch[] {
  const out: Stretch[] = [];
  let behind = 0;
  for (let i = 0; i < text.length; ) {
    const point = text.codePointAt(i) ?? 0;
    const end = i + (point > 0xffff ? 2 : 1);
    if (isMatch(point)) {
      if (i > behind) out.push({ start: behind, end: i, match: false });
      out.push({ start: i, end, match: true });
      behind = end;
    }
    i = end;
  }
  if (behind < text.length) out.push({ start: behind, end: text.length, match: false });
  return out;
}

type Span = Pick<Stretch, 'start' | 'end'>;

/** A pre-tokenizer's pieces from these stretches, without empty ones. */
export function arrange(stretches: readonly Stretch[], behavior: SplitBehavior, invert = false): Span[] {
  const flagged = invert ? stretches.map((stretch) => ({ ...stretch, match: !stretch.match })) : stretches;
  return merged(flagged, behavior).filter(({ start, end }) => start < end);
}

function merged(stretches: readonly Stretch[], behavior: SplitBehavior): readonly Span[] {
  switch (behavior) {
    case 'Removed':
      return stretches.filter(({ match }) => !match);
    case 'Isolated':
      return stretches;
    case 'Contiguous':
      return joined(stretches, (stretch, previous) => stretch.match === previous.match);
    case 'MergedWithPrevious':
      return joined(stretches, (stretch, previous) => stretch.match && !previous.match);
    case 'MergedWithNext':
      return joined([...stretches].reverse(), (stretch, previous) => stretch.match && !previous.match).reverse();
  }
}

/** Joins stretches with the ones before them. */
function joined(stretches: readonly Stretch[], wanted: (stretch: Stretch, previous: Stretch) => boolean): Span[] {
  const out: Array<{ start: number; end: number }> = [];
  let previous: Stretch | null = null;
  for (const stretch of stretches) {
    const last = out.at(-1);
    if (last && previous && wanted(stretch, previous)) {
      last.start = Math.min(last.start, stretch.start);
      last.end = Math.max(last.end, stretch.end);
    } else out.push({ start: stretch.start, end: stretch.end });
    previous = stretch;
  }
  return out;
}
