import type { Report } from '../../compare/report.ts';
import { DOCS_URL } from '../../platform/version.ts';
import type { MarkdownOptions } from './comment.ts';
import { contentOf } from './content.ts';
import { fitted } from './fit-limit.ts';

/** GitHub drops a step summary above 1 MiB altogether. */
const SUMMARY_LIMIT = 1024 * 1024;

/** The step summary: the comment without its marker, with more room, and with pictures that GitHub draws. `limit` is in bytes of UTF-8. */
export function renderSummary(report: Report, options: Omit<MarkdownOptions, 'key'> = {}): string {
  const { limit = SUMMARY_LIMIT, docs = DOCS_URL, origin, htmlReport } = options;
  const content = contentOf(report, { key: 'default', origin, htmlReport, hasPictures: true });
  return fitted(content, { marker: '', docs }, (text) => Buffer.byteLength(text) < limit);
}
