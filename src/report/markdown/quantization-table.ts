import { markdownTable } from 'markdown-table';
import type { Report } from '../../compare/report.ts';
import { codeName } from '../escape.ts';
import { QUANTIZATION_COLUMNS, QUANTIZATION_TITLE, quantizationCells } from '../text/quantization.ts';

/** How far each module type is from the baseline's weights; empty where nothing was quantized. */
export function quantizationTable(quantization: Report['quantization']): string {
  if (quantization === null) return '';
  const rows = quantization.modules.map((row) => {
    const [module, matrices, error, largest, own] = quantizationCells(row);
    return [codeName(module), matrices, error, codeName(largest), own];
  });
  const table = markdownTable([[...QUANTIZATION_COLUMNS], ...rows], {
    align: ['l', 'r', 'r', 'l', 'r'],
    alignDelimiters: false,
  });
  return `**${QUANTIZATION_TITLE}**\n\n${table}`;
}
