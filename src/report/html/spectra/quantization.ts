import type { Report } from '../../../compare/report.ts';
import { QUANTIZATION_COLUMNS, QUANTIZATION_TITLE, quantizationCells } from '../../text/quantization.ts';
import { type Html, html } from '../html.ts';
import { table } from '../table.ts';

/** How far each module type is from the baseline's weights. Null where nothing was quantized. */
export function quantizationSection({ quantization }: Report): Html | null {
  if (quantization === null) return null;
  const rows = quantization.modules.map((row) => {
    const [module, matrices, error, largest, own] = quantizationCells(row);
    return [module, matrices, error, html`<code>${largest}</code>`, own];
  });
  return html`<h3>${QUANTIZATION_TITLE}</h3>${table({ label: 'Quantization', head: QUANTIZATION_COLUMNS, rows })}`;
}
