import type { Flip } from '../../compare/probes/index.ts';
import type { ProbeReport } from '../../compare/report.ts';
import type { Table } from '../document/block.ts';
import { printable } from '../escape.ts';
import { drawTable, indented } from '../render/terminal/draw.ts';
import { phraseLine } from '../render/terminal/phrase.ts';
import type { TerminalOptions } from '../render/terminal/table.ts';
import { wrap } from '../render/terminal/wrap.ts';
import { kindTable, shadowTable } from '../sections/accuracies.ts';
import { EVIDENCE_TABLES } from '../sections/evidence.ts';
import { flipSummary, flipText, probeRemarks, probeSectionNotes } from '../text/probes.ts';

/** Characters of an answer in a line. */
const ANSWER = 60;

/** The behavioral half for a terminal: its tables, its notes, and one line for each flip. */
export function renderProbes(probes: ProbeReport, options: TerminalOptions): string {
  const { width } = options;
  const { kinds, flips } = probes.comparison;
  const table = (own: Table) => drawTable(own, options);
  const sentences = [...probeSectionNotes(probes), ...probeRemarks(probes.comparison)];
  const examples = [
    ...indented(flipSummary(flips), width),
    ...flips.map(flipLine).flatMap((line) => wrap(line, width - 4).map((part) => `    ${part}`)),
  ];
  return [
    table(kindTable(kinds)),
    table(shadowTable(probes)),
    sentences.flatMap((note) => indented(note, width, { nameLength: 60 })).join('\n'),
    ...EVIDENCE_TABLES.map((of) => table(of(probes))),
    flips.length === 0 ? '' : examples.join('\n'),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function flipLine({ id, right, baseline, candidate, beside }: Flip): string {
  const quoted = (text: string | null) => (text ? JSON.stringify(printable(text, ANSWER)) : text);
  const answers = { id, right: quoted(right), baseline: quoted(baseline), candidate: quoted(candidate) };
  return phraseLine(flipText(beside ? { ...answers, beside: { ...beside, right: quoted(beside.right) } } : answers));
}
