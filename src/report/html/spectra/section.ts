import type { Report } from '../../../compare/report.ts';
import { type Html, html } from '../../render/html/html.ts';
import { table } from '../../render/html/table.ts';
import { QUANTIZATION_COLUMNS, QUANTIZATION_TITLE, quantizationCells } from '../../text/quantization.ts';
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
    const medians = mediansTable(report, docs);
    return html`<p>${SPECTRA_DISCLAIMER}${gap === null ? null : html` ${BASELINE_GAPS[gap]}`}</p>
${headline(report, docs)}
${calibrationSection(report, docs)}
${quantizationSection(report)}
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

/** How far each module type is from the baseline's weights. Null where nothing was quantized. */
function quantizationSection({ quantization }: Report): Html | null {
  if (quantization === null) return null;
  const rows = quantization.modules.map((row) => {
    const [module, matrices, error, largest, own] = quantizationCells(row);
    return [module, matrices, error, html`<code>${largest}</code>`, own];
  });
  return html`<h3>${QUANTIZATION_TITLE}</h3>${table({ label: 'Quantization', head: QUANTIZATION_COLUMNS, rows })}`;
}
