import { markdownTable } from 'markdown-table';
import type { ChurnRow, LevelRow, ProbeComparison } from '../../compare/probes/comparison.ts';
import { codeName } from '../escape.ts';
import { CHURN_COLUMNS, churnCells } from '../text/churn.ts';
import { LEVEL_COLUMNS, levelCells } from '../text/levels.ts';
import { probeRemarks } from '../text/probes.ts';
import { formName } from '../text/twin-kinds.ts';
import { phraseMarkdown, termLink } from './phrase.ts';
import { allKindTable } from './twin-kinds.ts';

const MAX_LEVELS = 40;

/** What stands behind the visible numbers: all twin kinds, remarks about letters and memory, and the answers that changed. */
export function probeEvidence(comparison: ProbeComparison): string[] {
  const remarks = probeRemarks(comparison).map((remark) => `- ${phraseMarkdown(remark)}`);
  return [
    allKindTable(comparison.kinds),
    remarks.join('\n'),
    churnTable(comparison.churn),
    levelTable(comparison.levels),
  ].filter((part) => part !== '');
}

/** The answers that changed, by form. */
function churnTable(rows: readonly ChurnRow[]): string {
  if (rows.length === 0) return '';
  const head = [termLink('churn', 'answers that changed'), ...CHURN_COLUMNS];
  const cells = rows.map((row) => [formName(row.form, row.kind), ...churnCells(row)]);
  return markdownTable([head, ...cells], { align: ['l', ...CHURN_COLUMNS.map(() => 'r')], alignDelimiters: false });
}

function levelTable(levels: readonly LevelRow[]): string {
  if (levels.length === 0) return '';
  const head = [termLink('family', 'family'), ...LEVEL_COLUMNS];
  const rows = levels.slice(0, MAX_LEVELS).map((row) => [codeName(row.family), ...levelCells(row)]);
  return markdownTable([head, ...rows], { align: ['l', 'l', 'l', 'r'], alignDelimiters: false });
}
