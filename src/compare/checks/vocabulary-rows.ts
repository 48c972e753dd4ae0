import type { VocabularyRows } from '../../measure/schema/index.ts';
import type { ComparisonContext } from '../check.ts';
import type { Finding, FindingOf, Level } from '../finding.ts';
import { MOVED_FAIL, MOVED_PART, MOVED_WARN } from '../rows/vocabulary-rows.ts';

const NO_ROWS = { rows: 0, parts: [] };

/** No training gives a token another one's row, and none makes a row zero that was not. */
export function vocabularyRowsCheck({ vocabularyRows }: ComparisonContext): Finding[] {
  return (vocabularyRows ?? []).flatMap((compared) => [
    ...found(compared, 'others', compared.others, 'fail'),
    ...found(compared, 'zeroed', compared.zeroed, 'fail'),
    ...found(compared, 'moved', compared.moved, movedLevel(compared)),
    ...found(compared, 'added', { ...NO_ROWS, rows: Math.max(0, compared.candidate - compared.original) }, 'info'),
  ]);
}

function found(
  { matrix, tensor, against, candidate, original, shift }: VocabularyRows,
  change: FindingOf<'vocabulary-rows'>['change'],
  { rows, parts }: VocabularyRows['others'],
  level: Level | null,
): Finding[] {
  if (rows === 0 || level === null) return [];
  const where = { matrix, tensor, against, change, rows, of: Math.min(candidate, original) };
  return [{ kind: 'vocabulary-rows', level, ...where, parts: [...parts], shift: change === 'others' ? shift : null }];
}

function movedLevel({ moved: { rows, parts }, candidate, original }: VocabularyRows): Level | null {
  const all = Math.min(candidate, original);
  if (rows >= MOVED_FAIL * all) return 'fail';
  const isPartMoved = parts.some((part) => part.of >= MOVED_PART.rows && part.rows >= MOVED_PART.share * part.of);
  return rows >= MOVED_WARN * all || isPartMoved ? 'warn' : null;
}
