import type { Finding } from './finding.ts';
import { type Report, reportSchema } from './report.ts';
import { sortFindings, verdictOf } from './verdict/verdict.ts';

/**
 * The report with these findings, the worst first, and the verdict that follows from them.
 * @throws Error if it is not a report by its own schema, as with NaN in it: nobody could read it back
 */
export function completeReport(report: Omit<Report, 'findings' | 'verdict'>, found: readonly Finding[]): Report {
  const findings = sortFindings(found);
  const complete = { ...report, verdict: verdictOf(findings), findings };
  const parsed = reportSchema.safeParse(complete);
  if (parsed.success) return complete;
  const [issue] = parsed.error.issues;
  throw new Error(`the report is not valid: ${issue?.path.join('.')}: ${issue?.message}`);
}
