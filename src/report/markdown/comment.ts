import type { Report } from '../../compare/report.ts';
import { contentOf } from './content.ts';
import { fitted } from './fit-limit.ts';

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

/** The pull-request comment, in GitHub Markdown, verdict first, shorter than `limit` characters. */
export function renderComment(report: Report, options: { key?: string; limit?: number } = {}): string {
  const { key = DEFAULT_KEY, limit = COMMENT_LIMIT } = options;
  const marker = `${commentMarker(key)}\n`;
  return fitted(contentOf(report, key === '' ? DEFAULT_KEY : key), marker, (text) => text.length < limit);
}
