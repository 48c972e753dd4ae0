import { markdownTable } from 'markdown-table';
import type { Flip } from '../../compare/probes/comparison.ts';
import type { ProbeReport } from '../../compare/report.ts';
import { codeBlock, codeName, plainText } from '../escape.ts';
import { exclusionText, familyCells, flipText } from '../text/probes.ts';
import { phraseMarkdown, termLink } from './phrase.ts';

const MAX_FAMILIES = 40;

/** A flip with its prompt and both answers. */
export function flipMarkdown(flip: Flip): string {
  return `${plainText(flip.capability)} · ${phraseMarkdown(flipText(flip))}\n\n${codeBlock(flip.prompt)}`;
}

/** Accuracy by family in %, and the tests that a family takes no part in. */
export function familyTable({ comparison: { families } }: ProbeReport): string {
  const head = [
    termLink('family', 'family'),
    'facts',
    `${termLink('benchmarkForm', 'benchmark form')}, %`,
    `${termLink('twin', 'twins')}, %`,
    'chance, %',
    'excluded from',
  ];
  const rows = families
    .slice(0, MAX_FAMILIES)
    .map((row) => [
      codeName(row.family),
      ...familyCells(row),
      row.excludedFrom.map((exclusion) => exclusionText(exclusion)).join('<br>'),
    ]);
  const table = markdownTable([head, ...rows], { align: ['l', 'r', 'r', 'r', 'r', 'l'], alignDelimiters: false });
  const more = families.length - rows.length;
  return more > 0 ? `${table}\n\n<sub>and ${more} more in report.json</sub>` : table;
}
