import type { Report } from '../../../compare/report.ts';
import { plainTable } from '../../render/html/draw.ts';
import { type Html, html } from '../../render/html/html.ts';
import { quantizationTable } from '../../sections/spectra.ts';
import { BASELINE_GAPS, type BaselineGap, cutSentence } from '../../text/spectra.ts';
import { SPECTRA_DISCLAIMER } from '../../text/words.ts';
import type { PageSection } from '../section.ts';
import { calibrationSection } from './calibration.ts';
import { headline } from './headline.ts';
import { byChange, inReadingOrder, type SpectraView, viewSpectra } from './matrices.ts';
import { htmlMatrixTable } from './matrix-table.ts';
import { mediansTable } from './medians.ts';

/** A mixture of experts has thousands of matrices, each of which takes about half a kilobyte of the page. */
export const MAX_MATRICES = 600;

export const SPECTRA_SECTION: PageSection = {
  id: 'spectra',
  title: 'Spectra',
  render(report, { docs }): Html | null {
    if (report.tensors.length === 0) return null;
    const view = viewSpectra(report);
    const gap = baselineGap(report);
    const shown = byChange(view).slice(0, MAX_MATRICES);
    const quantization = quantizationTable(report);
    const medians = mediansTable(report, docs);
    return html`<p>${SPECTRA_DISCLAIMER}${gap === null ? null : html` ${BASELINE_GAPS[gap]}`}</p>
${headline(report, docs)}
${calibrationSection(report, docs)}
${quantization.rows.length === 0 ? null : html`<h3>${quantization.title}</h3>${plainTable(quantization, docs)}`}
<h3>Numbers</h3>${medians === null ? null : html`<details><summary>Medians by module type</summary>${medians}</details>`}
<details><summary id="matrices-title">Matrices</summary>${filters(view)}<p class="note">${cut(view, shown.length)}<span data-count aria-live="polite"></span></p>
<div class="scroll tall" tabindex="0" role="region" aria-labelledby="matrices-title">${htmlMatrixTable(shown, view)}</div></details>`;
  },
};

function baselineGap({ baseline, spectra }: Report): BaselineGap | null {
  if (baseline === null) return 'no-baseline';
  if (spectra === undefined) return 'older-report';
  return spectra.baseline === null || spectra.baseline.length === 0 ? 'not-comparable' : null;
}

function cut({ matrices }: SpectraView, shown: number): string | null {
  const isCompared = matrices.some(({ change }) => change !== null);
  return shown === matrices.length ? null : `${cutSentence(shown, matrices.length, isCompared)} `;
}

/** Only with the script. Each hides the rows with another text in its column. */
function filters({ matrices }: SpectraView): Html {
  const layers = [...new Set(matrices.flatMap(({ candidate: { layer } }) => layer ?? []))].sort((a, b) => a - b);
  const filter = (label: string, column: number, values: ReadonlyArray<string | number>) =>
    html`<label>${label} <select data-filter="${column}"><option value="">all</option>${values.map((value) => html`<option>${value}</option>`)}</select></label> `;
  return html`<p class="with-script">${filter('Of', 1, ['ΔW', 'W'])}${filter('Module type', 2, inReadingOrder(matrices))}${filter('Layer', 3, layers)}<button type="button" data-csv="matrices">CSV</button></p>`;
}
