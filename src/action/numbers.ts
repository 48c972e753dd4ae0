import type { Report } from '../compare/report.ts';
import type { NumberOutputs } from '../github/client/index.ts';

/** Enough for any use: an accuracy over a million items has no more digits. */
const DECIMALS = 6;

/** Numbers for a workflow, as plain decimals in shares of 1; empty if unknown. */
export function numberOutputs({ probes }: Report): NumberOutputs {
  const all = probes?.comparison.rows.find(({ suite, capability }) => suite === null && capability === null);
  return {
    'shadow-delta': decimal(all?.delta?.value),
    transfer: decimal(probes?.comparison.transfer?.value),
    'twin-accuracy-change': decimal(all?.twinChange?.value),
  };
}

const decimal = (value: number | undefined): string =>
  value === undefined ? '' : String(Number(value.toFixed(DECIMALS)) + 0);
