import type { ProbeReport } from '../../../compare/report.ts';
import { foldedTable } from '../../render/html/draw.ts';
import { type Html, html } from '../../render/html/html.ts';
import { phraseHtml } from '../../render/html/phrase.ts';
import { familyTable } from '../../sections/accuracies.ts';
import { EVIDENCE_TABLES } from '../../sections/evidence.ts';
import { probeRemarks, probeSectionNotes } from '../../text/probes.ts';
import type { PageOptions } from '../section.ts';

/** The tables and sentences of the comparison, folded: what the tests saw, and what they left out. */
export function probeNumbers(probes: ProbeReport, { docs }: PageOptions): Html {
  const notes = [...probeSectionNotes(probes), ...probeRemarks(probes.comparison)];
  const tables = [familyTable, ...EVIDENCE_TABLES].map((of) => html`\n${foldedTable(of(probes), docs)}`);
  return html`<h3 id="probes-tests">What the tests saw</h3>
<ul class="notes">${notes.map((note) => html`<li>${phraseHtml(note, docs)}</li>\n`)}</ul>${tables}`;
}
