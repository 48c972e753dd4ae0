import { markdownTable } from 'markdown-table';
import type { FamilyRow, Flip } from '../../compare/probes/comparison.ts';
import type { ProbeReport } from '../../compare/report.ts';
import { codeBlock, codeName, plainText } from '../escape.ts';
import { formatCount } from '../text/numbers.ts';

const MAX_FAMILIES = 40;

/** The most telling flips, each with its prompt and both answers. Empty without any. */
export function flipDetails({ comparison: { flips } }: ProbeReport): { summary: string; flips: string[] } {
  return {
    summary: `${formatCount(flips.length, 'telling flip')}: benchmark form still right, twin now wrong`,
    flips: flips.map(flipMarkdown),
  };
}

function flipMarkdown({ id, capability, prompt, right, baseline, candidate }: Flip): string {
  const said = (text: string) => (text === '' ? 'nothing' : codeName(text));
  return `${codeName(id)} · ${plainText(capability)}: right is ${codeName(right)}; the baseline says ${said(baseline)}, the candidate ${said(candidate)}.\n\n${codeBlock(prompt)}`;
}

/** Accuracy by family, and what a family could not show. */
export function familyTable({ comparison: { families } }: ProbeReport): string {
  const rows = families.slice(0, MAX_FAMILIES).map(familyRow);
  const table = markdownTable([['family', 'facts', 'benchmark form', 'twins', 'chance', 'left out of'], ...rows], {
    align: ['l', 'r', 'r', 'r', 'r', 'l'],
    alignDelimiters: false,
  });
  const more = families.length - rows.length;
  return more > 0 ? `${table}\n\n<sub>and ${more} more in report.json</sub>` : table;
}

function familyRow({ family, facts, benchmark, twin, leftOut }: FamilyRow): string[] {
  const share = (value: number) => (100 * value).toFixed(1);
  const movement = ({ baseline, candidate }: FamilyRow['twin']) =>
    baseline === null ? share(candidate) : `${share(baseline)}\u00a0→\u00a0${share(candidate)}`;
  const chances = [...new Set([share(benchmark.chance), share(twin.chance)])].join(' / ');
  return [
    codeName(family),
    facts.toLocaleString('en-US'),
    movement(benchmark),
    movement(twin),
    chances,
    leftOut.map(plainText).join('<br>'),
  ];
}
