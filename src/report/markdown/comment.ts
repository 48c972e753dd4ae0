import type { Report } from '../../compare/report.ts';
import { DOCS_URL } from '../../platform/version.ts';
import { contentOf } from './content.ts';
import { fitted } from './fit-limit.ts';
import { type Origin, runMarker } from './origin.ts';

/** GitHub refuses a longer comment with a 422. It counts characters; UTF-16 units are never fewer. */
export const COMMENT_LIMIT = 65_536;
const DEFAULT_KEY = 'default';

/**
 * The hidden first line by which the gate finds its own comment again. Different keys give different markers, and no key
 * can close the HTML comment early.
 */
export function commentMarker(key: string = DEFAULT_KEY): string {
  const whole = key.replace(/\p{Cs}/gu, '\ufffd');
  const safe = encodeURIComponent(whole === '' ? DEFAULT_KEY : whole).replaceAll('--', '-%2D');
  return `<!-- shadow-gate:${safe} -->`;
}

export interface MarkdownOptions {
  /** Tells the reports of several jobs apart. */
  readonly key?: string | undefined;
  /** The text stays shorter than this. */
  readonly limit?: number | undefined;
  /** What the limit counts: UTF-16 units, as by default, or bytes of UTF-8. */
  readonly unit?: 'units' | 'bytes' | undefined;
  /** Address of the documentation, without a slash at the end; by default that of this version. */
  readonly docs?: string | undefined;
  /** Where the report comes from, for a page that outlives its run. */
  readonly origin?: Origin | undefined;
  /** Address of the page with charts and all items, where it has been uploaded. */
  readonly htmlReport?: string | undefined;
}

/** The pull-request comment, in GitHub Markdown, verdict first, shorter than `limit` characters. */
export function renderComment(report: Report, options: MarkdownOptions = {}): string {
  const { key = DEFAULT_KEY, limit = COMMENT_LIMIT, docs = DOCS_URL, origin, htmlReport, unit } = options;
  const size = (text: string): number => (unit === 'bytes' ? Buffer.byteLength(text) : text.length);
  const marker = `${commentMarker(key)}\n${origin === undefined ? '' : `${runMarker(origin)}\n`}`;
  const content = contentOf(report, { key: key === '' ? DEFAULT_KEY : key, origin, htmlReport });
  return fitted(content, { marker, docs }, (text) => size(text) < limit);
}
