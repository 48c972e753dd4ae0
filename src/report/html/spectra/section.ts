import type { Metrics } from '@shadow-gate/spectra/metrics-schema';
import { groupName } from '../../../compare/index.ts';
import type { Report } from '../../../compare/report.ts';
import { groupKey } from '../../../measure/aggregate.ts';
import type { GroupMeasurement, TensorMeasurement } from '../../../measure/schema/index.ts';
import { plainTable } from '../../render/html/draw.ts';
import { type Html, html } from '../../render/html/html.ts';
import { phraseHtml } from '../../render/html/phrase.ts';
import { medianChange } from '../../sections/modules.ts';
import { quantizationTable } from '../../sections/spectra.ts';
import { metricName, metricPart, ofName } from '../../text/metric-names.ts';
import { formatBounds, formatDifference, formatInteger, NO_NUMBER } from '../../text/numbers.ts';
import { BASELINE_GAPS, type BaselineGap, cutSentence } from '../../text/spectra.ts';
import { remarks, SPECTRA_DISCLAIMER } from '../../text/words.ts';
import type { PageSection } from '../section.ts';
import { calibrationSection } from './calibration.ts';
import { headline } from './headline.ts';
import {
  byChange,
  type ComparedMatrix,
  inReadingOrder,
  matrixDisplayName,
  type SpectraView,
  viewSpectra,
} from './matrices.ts';

/** A mixture of experts has thousands, at half a kilobyte each. */
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

/** For the script: each hides the rows with another text in its column. */
function filters({ matrices }: SpectraView): Html {
  const layers = [...new Set(matrices.flatMap(({ candidate: { layer } }) => layer ?? []))].sort((a, b) => a - b);
  const filter = (label: string, column: number, values: ReadonlyArray<string | number>) =>
    html`<label>${label} <select data-filter="${column}"><option value="">all</option>${values.map((value) => html`<option>${value}</option>`)}</select></label> `;
  return html`<p class="with-script">${filter('Of', 1, ['ΔW', 'W'])}${filter('Module type', 2, inReadingOrder(matrices))}${filter('Layer', 3, layers)}<button type="button" data-csv="matrices">CSV</button></p>`;
}

const SHOWN = ['topEnergy.1', 'topEnergy.5%', 'stableRank', 'effectiveRank', 'frobeniusNorm', 'updateSize'] as const;

/** Medians of each module type, baseline → candidate; null without matrices. */
function mediansTable({ groups, spectra }: Report, docs: string): Html | null {
  const all = ['delta', 'weight'].flatMap((of) => groups.candidate.filter((group) => group.of === of));
  if (all.length === 0) return null;
  const baselines = new Map(groups.baseline.map((group) => [groupKey(group), group]));
  // Older reports do not say which matrices may be compared.
  const comparable = spectra?.baseline && new Set(spectra.baseline.map(({ of }) => of));
  const metrics = SHOWN.filter((metric) => all.some(({ median }) => median[metric] !== undefined));
  const head = metrics.map(
    (metric) => html`<th scope="col" class="number">${phraseHtml([metricPart(metric)], docs)}</th>`,
  );
  const rows = all.map((group) => {
    const baseline = baselines.get(groupKey(group)) ?? null;
    const mayCompare = comparable?.has(group.of) ?? true;
    const cells = metrics.map(
      (metric) =>
        html`<td class="number">${pair(baseline?.median[metric] ?? null, group.median[metric] ?? null, mayCompare)}</td>`,
    );
    return html`<tr><th scope="row">${groupName(group)}</th><td>${ofName(group.of)}</td><td class="number">${formatInteger(group.count)}</td>${cells}</tr>\n`;
  });
  return html`<div class="scroll"><table class="medians" aria-label="Medians by module type"><thead><tr><th scope="col">module type</th><th scope="col">of</th><th scope="col" class="number">matrices</th>${head}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

type Median = GroupMeasurement['median'][string];

function pair(before: Median | null, after: Median | null, mayCompare: boolean): Html {
  if (before === null || after === null) return html`${formatBounds(after)}`;
  const change = mayCompare ? medianChange(before, after) : null;
  return html`${formatBounds(before)} → ${formatBounds(after)}${change && html`<br><small>${change}</small>`}`;
}

/** One row a matrix; the script sorts and filters it. */
function htmlMatrixTable(matrices: readonly ComparedMatrix[], { concentration }: SpectraView): Html {
  const main: Key = concentration === '1' ? 'topEnergy.1' : 'topEnergy.5%';
  const others = KEYS.filter((key) => key !== main);
  const headOf = (text: string) => html`<th scope="col" class="number">${text}</th>`;
  const body = matrices.map((matrix) => {
    const { candidate, baseline, group, change } = matrix;
    const marks = remarks(candidate).map((remark) => html` (${remark})`);
    const place = html`<td>${ofName(candidate.of)}</td><td>${group}</td>${number(candidate.layer ?? NO_NUMBER)}`;
    const moved = html`${number(formatDifference(change))}${metric(candidate, main)}${number(formatBounds(baseline?.metrics?.topEnergy[concentration]))}`;
    const rest = html`${others.map((key) => metric(candidate, key))}${number(candidate.shape.join(' × '))}`;
    return html`<tr><th scope="row"><code>${matrixDisplayName(matrix)}</code>${marks}</th>${place}${moved}${rest}</tr>\n`;
  });
  const name = metricName(main);
  const numbers = ['layer', 'change', name, `${name} of the baseline`, ...others.map(metricName), 'shape'];
  return html`<table class="matrices" aria-labelledby="matrices-title"><thead><tr><th scope="col">matrix</th><th scope="col">of</th><th scope="col">module type</th>${numbers.map(headOf)}</tr></thead><tbody>${body}</tbody></table>`;
}

const KEYS = [...SHOWN, 'snr'] as const;
type Key = (typeof KEYS)[number];

const number = (text: string | number): Html => html`<td class="number">${text}</td>`;

const metric = ({ metrics }: TensorMeasurement, key: Key): Html =>
  number(formatBounds(metrics && valueAt(metrics, key)));

function valueAt({ topEnergy, ...metrics }: Metrics, key: Key) {
  if (key === 'topEnergy.1') return topEnergy['1'];
  return key === 'topEnergy.5%' ? topEnergy['5%'] : metrics[key];
}
