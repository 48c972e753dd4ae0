import { markdownTable } from 'markdown-table';
import type { TensorMeasurement } from '../../measure/schema/measurement.ts';
import { numberOf } from '../../statistics/bounded.ts';
import { codeName, plainText } from '../escape.ts';
import { metricPart } from '../text/metric-names.ts';
import { formatCount, formatNumber, NO_NUMBER } from '../text/numbers.ts';
import { sparkline } from '../text/sparkline.ts';
import { remarks } from '../text/words.ts';
import { phraseMarkdown, termLink } from './phrase.ts';

/** A mixture of experts has thousands of matrices of one type: only the most concentrated are shown. */
const MAX_ROWS = 40;

/** Every matrix of one module type as W or as ΔW, with the shape of its spectrum. Empty for no matrices. */
export function matrixTable(tensors: readonly TensorMeasurement[]): string {
  if (tensors.length === 0) return '';
  const hasUpdate = tensors.some((tensor) => tensor.of === 'delta');
  const metrics = ['topEnergy.1', 'topEnergy.5%', 'stableRank', ...(hasUpdate ? ['snr', 'updateSize'] : [])];
  const head = ['matrix', termLink('spectrum', 'spectrum'), ...metrics.map((key) => phraseMarkdown([metricPart(key)]))];
  const rows = mostConcentrated(tensors).map((tensor) => [
    [codeName(tensor.name), ...remarks(tensor).map((remark) => `(${plainText(remark)})`)].join(' '),
    tensor.spectrum.length === 0 ? NO_NUMBER : `<code>${sparkline(tensor.spectrum)}</code>`,
    formatNumber(tensor.metrics?.topEnergy['1']),
    formatNumber(tensor.metrics?.topEnergy['5%']),
    formatNumber(tensor.metrics?.stableRank),
    ...(hasUpdate ? [formatNumber(tensor.metrics?.snr), formatNumber(tensor.metrics?.updateSize)] : []),
  ]);
  const table = markdownTable([head, ...rows], {
    align: ['l', 'l', 'r', 'r', 'r', 'r', 'r'],
    alignDelimiters: false,
  });
  const rest = tensors.length - rows.length;
  return rest > 0
    ? `${table}\n\n<sub>The most concentrated of ${formatCount(tensors.length, 'matrix', 'matrices')}.</sub>`
    : table;
}

/** All in their own order if there is room; else those without a spectrum (something is wrong), then by top-1 energy. */
function mostConcentrated(tensors: readonly TensorMeasurement[]): readonly TensorMeasurement[] {
  if (tensors.length <= MAX_ROWS) return tensors;
  const concentration = ({ metrics }: TensorMeasurement): number =>
    metrics === null ? Number.MAX_VALUE : numberOf(metrics.topEnergy['1']);
  return [...tensors].sort((a, b) => concentration(b) - concentration(a)).slice(0, MAX_ROWS);
}
