import type { Report } from '../../compare/report.ts';
import { drawn } from '../document/block.ts';
import { printable } from '../escape.ts';
import { drawTerminal } from '../render/terminal/draw.ts';
import { phraseLine } from '../render/terminal/phrase.ts';
import type { TerminalOptions } from '../render/terminal/table.ts';
import { decidingBlock } from '../sections/deciding.ts';
import { type DetailsPlace, detailsWords, moreWords } from '../summary/details.ts';
import { unusedTemplate } from '../text/probes.ts';
import { stopSentence } from '../text/stops.ts';
import { measuredSentence, reportDisclaimer } from '../text/words.ts';
import { painted, renderSteps, renderVerdict } from './verdict.ts';

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
  const path = details.kind === 'file' ? printable(details.path) : '';
  const { probes } = report;
  const template =
    probes?.withoutTemplate === undefined
      ? []
      : [phraseLine(unusedTemplate(probes.withoutTemplate, probes.suites.length), { nameLength: 60 })];
  const stop = probes && stopSentence(probes);
  const asked = stop === null ? [] : [phraseLine(stop)];
  const more = [moreWords(report), detailsWords(details, path)].filter((part) => part !== '').join('; ');
  return [claim, ...asked, ...template, more];
}
