import { markdownTable } from 'markdown-table';
import type {
  ChurnRow,
  KindRow,
  LevelRow,
  ProbeComparison,
  RefusalRow,
  ShadowRow,
  TextRow,
} from '../../compare/probes/index.ts';
import type { ProbeReport } from '../../compare/report.ts';
import { codeName, plainText } from '../escape.ts';
import { phraseMarkdown, termLink } from '../render/markdown/phrase.ts';
import type { NumberColumn } from '../text/accuracy-columns.ts';
import { CHURN_COLUMNS, churnCells } from '../text/churn.ts';
import { LEVEL_COLUMNS, levelCells } from '../text/levels.ts';
import { formatCount } from '../text/numbers.ts';
import { PROBE_COLUMNS, probeCells, probeRemarks } from '../text/probes.ts';
import { REFUSAL_COLUMNS, REFUSALS_TITLE, refusalCells } from '../text/refusals.ts';
import {
  rowsOfTokens,
  TEXT_COLUMNS,
  TOKEN_CHANGE_COLUMNS,
  textCells,
  tokenChangeCells,
  unscoredTexts,
} from '../text/texts.ts';
import { decidingKinds, formName, KIND_COLUMNS, kindCells, roleText } from '../text/twin-kinds.ts';

/** One row for each suite and kind: a team may have many suites. */
const MAX_ROWS = 12;

/** The twins that decide about a gain: did they rise with the benchmark form? */
export function decidingKindTable(kinds: readonly KindRow[]): string {
  return kindTable(decidingKinds(kinds));
}

/** All kinds, where some do not decide. */
function allKindTable(kinds: readonly KindRow[]): string {
  return decidingKinds(kinds).length === kinds.length ? '' : kindTable(kinds, 4 * MAX_ROWS);
}

function kindTable(kinds: readonly KindRow[], max = MAX_ROWS): string {
  if (kinds.length === 0) return '';
  const head = ['suite', termLink('twinKind', 'form'), ...KIND_COLUMNS.map(columnHead), 'decides'];
  const shown = kinds
    .slice(0, max)
    .map((row) => [
      codeName(row.suite),
      row.group === null ? row.kind : `${row.kind}: ${codeName(row.group)}`,
      ...kindCells(row),
      roleText(row),
    ]);
  const table = markdownTable([head, ...shown], {
    align: ['l', 'l', 'r', 'r', 'r', 'r', 'r', 'l'],
    alignDelimiters: false,
  });
  const more = kinds.length - shown.length;
  return more > 0 ? `${table}\n\n<sub>and ${more} more in report.json</sub>` : table;
}

/** The name of a column and its unit, with a link to the glossary. */
function columnHead({ text, unit, term }: NumberColumn): string {
  const name = term === null ? text : termLink(term, text);
  return unit === '' ? name : `${name}, ${unit}`;
}

const MAX_LEVELS = 40;

/**
 * What stands behind the visible numbers: all twin kinds, remarks about letters and memory, and the answers that
 * changed.
 */
export function probeEvidence(comparison: ProbeComparison): string[] {
  const remarks = probeRemarks(comparison).map((remark) => `- ${phraseMarkdown(remark)}`);
  return [
    allKindTable(comparison.kinds),
    remarks.join('\n'),
    churnTable(comparison.churn),
    levelTable(comparison.levels),
    refusalTable(comparison.refusals ?? []),
    textTable(comparison.texts),
    tokenChangeTable(comparison.texts),
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

/** Requests that have to be refused, by suite. */
function refusalTable(rows: readonly RefusalRow[]): string {
  if (rows.length === 0) return '';
  const cells = rows.map((row) => [codeName(row.suite), ...refusalCells(row)]);
  return markdownTable([[REFUSALS_TITLE.toLowerCase(), ...REFUSAL_COLUMNS], ...cells], {
    align: ['l', ...REFUSAL_COLUMNS.map(() => 'r')],
    alignDelimiters: false,
  });
}

/** How likely plain texts are, and why some could not be scored. */
function textTable(rows: readonly TextRow[]): string {
  if (rows.length === 0) return '';
  const head = [termLink('textLikelihood', 'plain texts'), ...TEXT_COLUMNS];
  const cells = rows.map((row) => [codeName(row.suite), ...textCells(row)]);
  const table = markdownTable([head, ...cells], {
    align: ['l', ...TEXT_COLUMNS.map(() => 'r')],
    alignDelimiters: false,
  });
  const reasons = unscoredTexts(rows).map(({ suite, reason }) => `${codeName(suite)}: ${plainText(reason)}`);
  return reasons.length === 0
    ? table
    : `${table}

<sub>Not scored: ${reasons.join('<br>')}</sub>`;
}

/** What llama.cpp's users know of a quantized copy. */
function tokenChangeTable(texts: readonly TextRow[]): string {
  const rows = rowsOfTokens(texts);
  if (rows.length === 0) return '';
  const head = ['every token of these texts', ...TOKEN_CHANGE_COLUMNS];
  const cells = rows.map(({ suite, changes }) => [codeName(suite), ...tokenChangeCells(changes)]);
  return markdownTable([head, ...cells], {
    align: ['l', ...TOKEN_CHANGE_COLUMNS.map(() => 'r')],
    alignDelimiters: false,
  });
}

/** A team's own benchmark may name hundreds of capabilities. */
const MAX_PARTS = 12;

/**
 * The table of the behavioral half: one row for all facts, then one for each suite of several, and for each capability.
 */
export function probeTable({ comparison: { rows } }: ProbeReport): string {
  const head = [rowHead(rows), ...PROBE_COLUMNS.map(columnHead)];
  const shown = rows.slice(0, MAX_PARTS).map((row) => [nameMarkdown(row), ...probeCells(row)]);
  const table = markdownTable([head, ...shown], {
    align: ['l', 'r', 'r', 'r', 'r', 'r', 'r'],
    alignDelimiters: false,
  });
  const more = rows.length - shown.length;
  return more > 0 ? `${table}\n\n<sub>and ${formatCount(more, 'more row')} in report.json</sub>` : table;
}

function rowHead(rows: readonly ShadowRow[]): string {
  const capability = termLink('capability', 'capability');
  return rows.some(({ suite }) => suite !== null) ? `suite or ${capability}` : capability;
}

function nameMarkdown({ suite, capability }: ShadowRow): string {
  if (suite === null) return capability === null ? '**all**' : codeName(capability);
  return capability === null ? `**${codeName(suite)}**` : `${codeName(suite)} · ${codeName(capability)}`;
}
