import { describe, expect, it } from 'vitest';
import type { ComparisonContext } from '../../../src/compare/check.ts';
import { vocabularyRowsCheck } from '../../../src/compare/checks/vocabulary-rows.ts';
import type { VocabularyRows } from '../../../src/measure/schema/vocabulary-rows.ts';

const NONE = { rows: 0, parts: [] };
const BASE: VocabularyRows = {
  matrix: 'embedding',
  tensor: 'e',
  against: 'baseline',
  candidate: 20_000,
  original: 20_000,
  others: NONE,
  shift: null,
  zeroed: NONE,
  moved: NONE,
};

const levels = (changes: Partial<VocabularyRows>) =>
  vocabularyRowsCheck({ vocabularyRows: [{ ...BASE, ...changes }] } as unknown as ComparisonContext).map((finding) =>
    finding.kind === 'vocabulary-rows' ? `${finding.change} ${finding.level}` : '',
  );

const moved = (rows: number, of = 5000) => ({ moved: { rows, parts: [{ part: 'Greek', rows, of }] } });

describe('rows of the vocabulary', () => {
  it.each([
    ['no row', {}, []],
    ['one row of another token', { others: { rows: 1, parts: [] } }, ['others fail']],
    ['one new zero row', { zeroed: { rows: 1, parts: [] } }, ['zeroed fail']],
    ['199 of 20,000 that moved', moved(199), []],
    ['1% that moved', moved(200), ['moved warn']],
    ['a tenth that moved', moved(2000), ['moved fail']],
    ['a third of a part of 50', moved(17, 50), ['moved warn']],
    ['less than a third of a part of 51', moved(16, 51), []],
    ['all of a part of 49', moved(49, 49), []],
    ['a longer candidate', { candidate: 20_064 }, ['added info']],
    ['a shorter candidate', { candidate: 19_000 }, []],
  ])('are judged by their number: %s', (_, changes, expected) => {
    expect(levels(changes)).toEqual(expected);
  });

  it('say nothing without other weights', () => {
    expect(vocabularyRowsCheck({ vocabularyRows: null } as unknown as ComparisonContext)).toEqual([]);
  });
});
