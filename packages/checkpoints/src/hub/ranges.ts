/** `begin ≤ byte < end` of a file. */
export type ByteRange = [begin: number, end: number];

export function uniteRanges(ranges: Iterable<ByteRange>): ByteRange[] {
  const united: Array<[number, number]> = [];
  for (const [begin, end] of [...ranges].filter(([from, to]) => from < to).sort(([a], [b]) => a - b)) {
    const last = united.at(-1);
    if (last && begin <= last[1]) last[1] = Math.max(last[1], end);
    else united.push([begin, end]);
  }
  return united;
}

export function missing(wanted: Iterable<ByteRange>, available: readonly ByteRange[]): ByteRange[] {
  const gaps: ByteRange[] = [];
  for (const [begin, end] of uniteRanges(wanted)) {
    let position = begin;
    for (const [from, to] of uniteRanges(available)) {
      if (to <= position) continue;
      if (from >= end) break;
      if (from > position) gaps.push([position, from]);
      position = Math.max(position, to);
    }
    if (position < end) gaps.push([position, end]);
  }
  return gaps;
}

export function totalBytes(ranges: readonly ByteRange[]): number {
  return ranges.reduce((sum, [begin, end]) => sum + end - begin, 0);
}

export function pieces(ranges: readonly ByteRange[], maxBytes: number): ByteRange[] {
  return ranges.flatMap(([begin, end]) =>
    Array.from({ length: Math.ceil((end - begin) / maxBytes) }, (_, i): ByteRange => {
      const start = begin + i * maxBytes;
      return [start, Math.min(end, start + maxBytes)];
    }),
  );
}
