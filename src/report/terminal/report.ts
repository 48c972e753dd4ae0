import type { Flip } from '../../compare/probes/index.ts';
import type { Report } from '../../compare/report.ts';
import { type Block, drawn } from '../document/block.ts';
import { printable } from '../escape.ts';
import { drawTerminal, indented } from '../render/terminal/draw.ts';
import { phraseLine } from '../render/terminal/phrase.ts';
import type { TerminalOptions } from '../render/terminal/table.ts';
import { wrap } from '../render/terminal/wrap.ts';
import { kindTable, shadowTable } from '../sections/accuracies.ts';
import { benchmarkTable, sliceTable, suiteTable } from '../sections/benchmarks.ts';
import { decidingBlock } from '../sections/deciding.ts';
import { EVIDENCE_TABLES } from '../sections/evidence.ts';
import { calibrationTable, deltaTable, quantizationTable } from '../sections/spectra.ts';
import { describeFinding } from '../summary/finding.ts';
import { findingsBySeverity, findingsToList } from '../summary/verdict.ts';
import { formatCount } from '../text/numbers.ts';
import { flipSummary, flipText, probeRemarks, probeSectionNotes, unusedTemplate } from '../text/probes.ts';
import { leftOutPlaces } from '../text/protocol.ts';
import { coverageSentence, stopSentence } from '../text/stops.ts';
import { measuredSentence, reportDisclaimer } from '../text/words.ts';
import { painted, renderSteps, renderVerdict } from './verdict.ts';

const MAX_FINDINGS = 20;
const MAX_INFOS = 5;

/** The whole report. The verdict also stands at the end, where the cursor is. */
export function renderTerminal(report: Report, options: TerminalOptions): string {
  const { color, width } = options;
  const { infos } = findingsBySeverity(report);
  const others = findingsToList(report);
  const shown = [...others.slice(0, MAX_FINDINGS), ...infos.slice(0, MAX_INFOS)];
  const sentences = `${measuredSentence(report, printable(report.device, 60))} ${reportDisclaimer(report)}`;
  const small = painted('info', [sentences], options);
  const verdict = drawn(renderVerdict(report, { color, width }));
  return drawTerminal(
    [
      verdict,
      decidingBlock(report),
      deltaTable(report),
      calibrationTable(report),
      quantizationTable(report),
      ...probeBlocks(report, width),
      benchmarkTable(report),
      suiteTable(report),
      sliceTable(report),
      {
        kind: 'list',
        items: shown.map((finding) => ({ kind: 'item', mark: finding.level, words: describeFinding(finding) })),
        total: others.length + infos.length,
      },
      drawn(small),
      drawn(renderSteps(report, options)),
      verdict,
    ],
    options,
  );
}

function probeBlocks({ probes }: Report, width: number): Block[] {
  if (probes === null) return [];
  const { kinds, flips } = probes.comparison;
  const examples = [
    ...indented(flipSummary(flips), width),
    ...flips.flatMap((flip) => wrap(flipLine(flip), width - 4).map((part) => `    ${part}`)),
  ];
  return [
    kindTable(kinds),
    shadowTable(probes),
    { kind: 'notes', notes: [...probeSectionNotes(probes), ...probeRemarks(probes.comparison)], length: 60 },
    ...EVIDENCE_TABLES.map((of) => of(probes)),
    drawn(flips.length === 0 ? '' : examples.join('\n')),
  ];
}

/** Characters of an answer in a line. */
const ANSWER = 60;

function flipLine({ id, right, baseline, candidate, beside }: Flip): string {
  const quoted = (text: string | null) => (text ? JSON.stringify(printable(text, ANSWER)) : text);
  const answers = { id, right: quoted(right), baseline: quoted(baseline), candidate: quoted(candidate) };
  return phraseLine(flipText(beside ? { ...answers, beside: { ...beside, right: quoted(beside.right) } } : answers));
}

/** A report that fits a screen. The verdict also stands at the end, where the cursor is. */
export function renderShort(report: Report, details: DetailsPlace, options: TerminalOptions): string {
  const { color, width } = options;
  const verdict = drawn(renderVerdict(report, { color, width }));
  const steps = drawn(renderSteps(report, options));
  const small = drawn(painted('info', smallTexts(report, details), options));
  return drawTerminal([verdict, decidingBlock(report), steps, small, verdict], options);
}

/** What was measured, the limits of a pass, and where the details are. */
function smallTexts(report: Report, details: DetailsPlace): string[] {
  const measured = measuredSentence(report, printable(report.device, 60));
  const claim = report.verdict === 'pass' ? `${measured} ${reportDisclaimer(report)}` : measured;
  const { probes } = report;
  const template =
    probes?.withoutTemplate === undefined
      ? []
      : [phraseLine(unusedTemplate(probes.withoutTemplate, probes.suites.length), { nameLength: 60 })];
  const stop = probes && stopSentence(probes);
  const asked = [stop, probes && coverageSentence(probes), leftOutPlaces(report)].flatMap((own) =>
    own === null ? [] : [phraseLine(own)],
  );
  const place = details.kind === 'file' ? printable(details.path) : `${details.option} writes them`;
  const more = [moreWords(report), `details: ${place}`, '--verbose prints all tables'].filter((part) => part !== '');
  return [claim, ...asked, ...template, more.join('; ')];
}

export type DetailsPlace =
  /** A file that was written, or read. */
  | { readonly kind: 'file'; readonly path: string }
  /** Nothing was written, and this option would. */
  | { readonly kind: 'option'; readonly option: string };

/** `3 findings in all, 1 note`; empty if the verdict says everything. */
function moreWords(report: Report): string {
  const { grave, infos } = findingsBySeverity(report);
  return [
    ...(grave.length > 1 ? [`${formatCount(grave.length, 'finding')} in all`] : []),
    ...(infos.length > 0 ? [formatCount(infos.length, 'note')] : []),
  ].join(', ');
}
