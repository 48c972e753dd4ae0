/** A set of code points: first and last of each run, ascending, with gaps between runs. */
export type CodePoints = readonly number[];

const LAST_CODE_POINT = 0x10ffff;

export const NO_CODE_POINTS: CodePoints = [];

export function codePointSet(...runs: ReadonlyArray<readonly [first: number, last: number]>): CodePoints {
  const sorted = [...runs].sort((a, b) => a[0] - b[0]);
  const out: number[] = [];
  for (const [first, last] of sorted) {
    const end = out.length - 1;
    const previous = out[end];
    if (previous !== undefined && first <= previous + 1) out[end] = Math.max(previous, last);
    else out.push(first, last);
  }
  return out;
}

export function uniteCodePoints(...sets: readonly CodePoints[]): CodePoints {
  return codePointSet(...sets.flatMap(codePointRuns));
}

export function invertCodePoints(set: CodePoints): CodePoints {
  const out: number[] = [];
  let next = 0;
  for (const [first, last] of codePointRuns(set)) {
    if (first > next) out.push(next, first - 1);
    next = last + 1;
  }
  if (next <= LAST_CODE_POINT) out.push(next, LAST_CODE_POINT);
  return out;
}

export function intersect(a: CodePoints, b: CodePoints): CodePoints {
  return invertCodePoints(uniteCodePoints(invertCodePoints(a), invertCodePoints(b)));
}

/** The points in exactly one of two sets. */
export function exclusive(a: CodePoints, b: CodePoints): CodePoints {
  return uniteCodePoints(intersect(a, invertCodePoints(b)), intersect(b, invertCodePoints(a)));
}

function codePointRuns(set: CodePoints): Array<readonly [first: number, last: number]> {
  const out: Array<readonly [number, number]> = [];
  for (let i = 0; i < set.length; i += 2) out.push([set[i] ?? 0, set[i + 1] ?? 0]);
  return out;
}

export function contains(set: CodePoints, point: number): boolean {
  let low = 0;
  let high = set.length / 2;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((set[2 * middle + 1] ?? 0) < point) low = middle + 1;
    else high = middle;
  }
  return (set[2 * low] ?? Number.POSITIVE_INFINITY) <= point;
}

/** A class of a JavaScript regular expression with the flag `u`: these code points in any version of Unicode. */
export function toClass(set: CodePoints): string {
  const inverse = invertCodePoints(set);
  if (set.length === 0) return '[^\\s\\S]';
  return inverse.length < set.length ? `[^${inner(inverse)}]` : `[${inner(set)}]`;
}

function inner(set: CodePoints): string {
  return codePointRuns(set)
    .map(([first, last]) => (first === last ? escaped(first) : `${escaped(first)}-${escaped(last)}`))
    .join('');
}

function escaped(point: number): string {
  return `\\u{${point.toString(16)}}`;
}
