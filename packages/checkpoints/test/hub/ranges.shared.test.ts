import { describe, expect, it } from 'vitest';
import { type ByteRange, missing, pieces, totalBytes, uniteRanges } from '../../src/hub/ranges.ts';

describe('ranges of a file', () => {
  it('are merged if they touch or overlap, and dropped if they are empty', () => {
    expect(
      uniteRanges([
        [8, 9],
        [0, 2],
        [2, 4],
        [3, 3],
        [3, 6],
        [20, 20],
      ]),
    ).toEqual([
      [0, 6],
      [8, 9],
    ]);
  });

  it('are missing exactly where no available range is, byte by byte', () => {
    const length = 12;
    const bytes = (ranges: readonly ByteRange[]) =>
      Array.from({ length }, (_, i) => ranges.some(([begin, end]) => begin <= i && i < end));
    // Every combination of a wanted range and two available ones on a small grid.
    const grid = [0, 3, 4, 7, 12];
    const all = grid.flatMap((begin) => grid.filter((end) => end > begin).map((end): ByteRange => [begin, end]));
    for (const wanted of all) {
      for (const first of all) {
        for (const second of all) {
          const [want, have] = [bytes([wanted]), bytes([first, second])];
          const gaps = missing([wanted], [first, second]);
          expect(bytes(gaps)).toEqual(want.map((is, i) => is && !have[i]));
          expect(totalBytes(gaps)).toBe(want.filter((is, i) => is && !have[i]).length);
        }
      }
    }
  });

  it('are cut into pieces that cover them and are no longer than allowed', () => {
    expect(
      pieces(
        [
          [0, 10],
          [20, 21],
        ],
        4,
      ),
    ).toEqual([
      [0, 4],
      [4, 8],
      [8, 10],
      [20, 21],
    ]);
  });
});
