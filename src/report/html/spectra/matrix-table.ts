import type { Metrics } from '@shadow-gate/spectra/metrics-schema';
import type { TensorMeasurement } from '../../../measure/schema/index.ts';
import { type Html, html } from '../../render/html/html.ts';
import { metricName, ofName } from '../../text/metric-names.ts';
import { formatBounds, formatDifference, NO_NUMBER } from '../../text/numbers.ts';
import { remarks } from '../../text/words.ts';
import { type ComparedMatrix, matrixDisplayName, type SpectraView } from './matrices.ts';

/** One row a matrix; the script sorts and filters it. */
export function htmlMatrixTable(matrices: readonly ComparedMatrix[], { concentration }: SpectraView): Html {
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

const KEYS = [
  'topEnergy.1',
  'topEnergy.5%',
  'stableRank',
  'effectiveRank',
  'frobeniusNorm',
  'updateSize',
  'snr',
] as const;
type Key = (typeof KEYS)[number];

const number = (text: string | number): Html => html`<td class="number">${text}</td>`;

function metric({ metrics }: TensorMeasurement, key: Key): Html {
  return number(formatBounds(metrics && valueAt(metrics, key)));
}

function valueAt({ topEnergy, ...metrics }: Metrics, key: Key) {
  if (key === 'topEnergy.1') return topEnergy['1'];
  return key === 'topEnergy.5%' ? topEnergy['5%'] : metrics[key];
}
