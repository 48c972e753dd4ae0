import type { TextRow, TokenChanges } from '../../compare/probes/index.ts';
import { formatInteger, formatLikelihood, formatMeasured, NO_NUMBER } from './numbers.ts';

/** The unit of a likelihood of texts. */
export const TEXT_UNIT = 'nats per byte';

export const TEXTS_TITLE = 'Plain texts';

export const TEXT_COLUMNS = ['texts', 'baseline', 'candidate', 'change, nats per byte'] as const;

/** Log-likelihoods per byte, and the change with its standard error. */
export function textCells({ texts, baseline, candidate, change }: TextRow): string[] {
  const show = (value: number | null) => (value === null ? NO_NUMBER : formatLikelihood(value));
  return [
    formatInteger(texts),
    show(baseline),
    show(candidate),
    change === null ? NO_NUMBER : formatMeasured(change, 4),
  ];
}

export const TOKEN_CHANGES_TITLE = 'Every token of these texts, as llama.cpp reports quantized copies';

/** By the names of its perplexity tool. */
export const TOKEN_CHANGE_COLUMNS = [
  'tokens',
  'PPL(Q)/PPL(base)',
  'Mean KLD, at least',
  'Mean Δp, %',
  'RMS Δp, %',
  'Same top p, %',
] as const;

export function tokenChangeCells(changes: TokenChanges): string[] {
  const { tokens, perplexityRatio, divergence, meanChange, rmsChange, sameBest } = changes;
  const percent = ({ value, standardError }: TokenChanges['meanChange']) => ({
    value: 100 * value,
    standardError: 100 * standardError,
  });
  return [
    formatInteger(tokens),
    formatMeasured(perplexityRatio, 4),
    divergence === null ? NO_NUMBER : formatMeasured(divergence, 5),
    formatMeasured(percent(meanChange), 3),
    formatMeasured(percent(rmsChange), 3),
    formatMeasured(percent(sameBest), 2),
  ];
}

/** Rows with those numbers. */
export function rowsOfTokens(
  rows: readonly TextRow[],
): Array<{ readonly suite: string; readonly changes: TokenChanges }> {
  return rows.flatMap(({ suite, tokenChanges }) => (tokenChanges === null ? [] : [{ suite, changes: tokenChanges }]));
}

/** How many texts could not be scored, and why. From a server: escape it. */
export function unscoredTexts(rows: readonly TextRow[]): Array<{ readonly suite: string; readonly reason: string }> {
  return rows.flatMap(({ suite, leftOut }) => (leftOut === null ? [] : [{ suite, reason: leftOut }]));
}
