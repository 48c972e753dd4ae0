import { DOCS_URL } from '@shadow-gate/platform';
import type { Report, Verdict } from '../../compare/report.ts';
import { plainText } from '../escape.ts';
import { fitted } from '../render/markdown/fit.ts';
import { formatDuration } from '../text/numbers.ts';
import { commentDocument, heading, type ShownOptions } from './document.ts';
import { type Origin, originLines, runLink, runMarker } from './origin.ts';

/** GitHub refuses a longer comment with a 422. It counts characters; UTF-16 units are never fewer. */
export const COMMENT_LIMIT = 65_536;
const DEFAULT_KEY = 'default';

/** Hidden first line by which the gate finds its comment. Keys have different markers, and none can close one. */
export function commentMarker(key: string = DEFAULT_KEY): string {
  const whole = key.replace(/\p{Cs}/gu, '\ufffd');
  const safe = encodeURIComponent(whole === '' ? DEFAULT_KEY : whole).replaceAll('--', '-%2D');
  return `<!-- shadow-gate:${safe} -->`;
}

export interface MarkdownOptions extends ShownOptions {
  /** Tells the reports of several jobs apart. */
  readonly key?: string | undefined;
  /** The text stays shorter than this. */
  readonly limit?: number | undefined;
  /** Unit of the limit: UTF-16 units by default, or bytes of UTF-8. */
  readonly unit?: 'units' | 'bytes' | undefined;
  /** Address of the documentation, without a slash at the end; by default that of this version. */
  readonly docs?: string | undefined;
  /** Time until the report, and the machine. */
  readonly cost?: { readonly seconds: number; readonly machine: string } | undefined;
}

/** The pull-request comment, in GitHub Markdown, verdict first, shorter than `limit` characters. */
export function renderComment(report: Report, options: MarkdownOptions = {}): string {
  const { key = DEFAULT_KEY, limit = COMMENT_LIMIT, docs = DOCS_URL, unit, ...shown } = options;
  const size = (text: string): number => (unit === 'bytes' ? Buffer.byteLength(text) : text.length);
  const marker = `${commentMarker(key)}\n${shown.origin === undefined ? '' : `${runMarker(shown.origin)}\n`}`;
  const blocks = commentDocument(report, { ...shown, key: key === '' ? DEFAULT_KEY : key });
  return fitted({ blocks, ending: costLine(shown), marker, docs }, (text) => size(text) < limit);
}

/** GitHub drops a step summary above 1 MiB altogether. */
const SUMMARY_LIMIT = 1024 * 1024;

/** The step summary: the comment without its marker, with pictures. `limit` is in bytes of UTF-8. */
export function renderStepSummary(report: Report, options: Omit<MarkdownOptions, 'key'> = {}): string {
  const { limit = SUMMARY_LIMIT, docs = DOCS_URL, unit: _, ...shown } = options;
  const blocks = commentDocument(report, { ...shown, key: DEFAULT_KEY, hasPictures: true });
  return fitted({ blocks, ending: costLine(shown), marker: '', docs }, (text) => Buffer.byteLength(text) < limit);
}

const costLine = ({ cost }: MarkdownOptions): string =>
  cost === undefined ? '' : `<sub>This check took ${formatDuration(cost.seconds)} on ${plainText(cost.machine)}.</sub>`;

/** Replaces a report that disagrees with the run that made it, and repeats none of its numbers. */
export function renderRefusal({
  key,
  origin,
  verdict,
  conclusion,
}: {
  readonly key: string;
  readonly origin: Origin;
  readonly verdict: Verdict;
  /** The run's conclusion, in GitHub's words. */
  readonly conclusion: string;
}): string {
  return [
    `${commentMarker(key)}\n${runMarker(origin)}`,
    heading('inconclusive', key),
    `**The report of ${runLink(origin)} has the verdict ${verdict}, and the run ended with ${plainText(conclusion)}. They disagree, so the report is not shown.**`,
    originLines(origin),
    'Open that run to see which of them is right. If its workflow sets `fail-on`, set the same in the workflow that publishes the report, and keep the gate in a workflow of its own, so that nothing else decides how the run ends.\n',
  ].join('\n\n');
}
