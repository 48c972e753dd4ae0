import { REPORT_SCHEMA, type Report, reportSchema } from '../compare/report.ts';
import { parseVersioned, readVersioned } from '../measure/schema/read.ts';

/** A report's text. @throws UserError for a text that is none */
export function parseReport(text: string, name: string): Report {
  return parseVersioned(text, name, REPORT_SCHEMA, reportSchema, "make it with 'shadow-gate check --out'");
}

/** Read and validate a report file. @throws UserError naming the file and what is wrong with it */
export async function readReport(path: string): Promise<Report> {
  return readVersioned(path, REPORT_SCHEMA, reportSchema, "make it with 'shadow-gate check --out'");
}
