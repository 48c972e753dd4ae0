import type { Report } from '../../compare/report.ts';
import { formatCount } from '../text/numbers.ts';
import { findingsBySeverity } from './verdict.ts';

export type DetailsPlace =
  /** A file that was written, or read. */
  | { readonly kind: 'file'; readonly path: string }
  /** Nothing was written, and this option would. */
  | { readonly kind: 'option'; readonly option: string };

/** @param path escaped */
export function detailsWords(details: DetailsPlace, path: string): string {
  const where = details.kind === 'file' ? `details: ${path}` : `details: ${details.option} writes them`;
  return `${where}; --verbose prints all tables`;
}

/** `3 findings in all, 1 note`; empty if the verdict says everything. */
export function moreWords(report: Report): string {
  const { grave, infos } = findingsBySeverity(report);
  return [
    ...(grave.length > 1 ? [`${formatCount(grave.length, 'finding')} in all`] : []),
    ...(infos.length > 0 ? [formatCount(infos.length, 'note')] : []),
  ].join(', ');
}

/** Before the steps that a verdict asks for. */
export const WHAT_TO_DO = 'What to do:';
