import type { Report } from '../../src/compare/report.ts';
import { serializeReport } from '../../src/report/json.ts';

/** The findings of a report as report.json has them: flat, each with its sentence. */
export function reasonsOf(report: Report) {
  return serializeReport(report).reasons;
}
