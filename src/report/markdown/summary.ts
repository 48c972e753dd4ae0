import type { Report } from '../../compare/report.ts';
import { contentOf } from './content.ts';
import { fitted } from './fit-limit.ts';

/** GitHub drops a step summary above 1 MiB altogether. */
const SUMMARY_LIMIT = 1024 * 1024;

/** The step summary: what the comment says, without its marker and with more room. `limit` in bytes of UTF-8. */
export function renderSummary(report: Report, limit: number = SUMMARY_LIMIT): string {
  return fitted(contentOf(report, 'default'), '', (text) => Buffer.byteLength(text) < limit);
}
