import { z } from 'zod';
import { type Finding, findingSchema, SEVERITY } from '../compare/finding.ts';
import { reasonOf, reasonSchema } from '../compare/reason.ts';
import { REPORT_SCHEMA, type Report, reportSchema } from '../compare/report.ts';
import { contradictionInSpectra } from '../compare/spectra-report.ts';
import { verdictOf } from '../compare/verdict.ts';
import { validate } from '../platform/first-issue.ts';
import { parseVersioned, readVersioned } from '../platform/versioned-json.ts';
import { findingText } from './text/finding.ts';

/**
 * A finding as an entry of `reasons` in report.json: the flat form that scripts read, the sentence, and in `details` the
 * data that both were made of. Only `level` and `details` are read back: sentences of a foreign report are never shown.
 */
const entrySchema = reasonSchema.extend({
  level: z.enum(SEVERITY),
  message: z.string(),
  details: z.looseObject({ kind: z.string() }),
});

const fileSchema = reportSchema
  .omit({ findings: true })
  .extend({ reasons: z.array(entrySchema) })
  .transform(({ reasons, ...report }, context): Report => {
    const findings: Finding[] = [];
    for (const [i, { level, details }] of reasons.entries()) {
      const parsed = validate(findingSchema, { ...details, level });
      if (!parsed.success) {
        const path = ['reasons', i, 'details', ...parsed.issue.path];
        context.addIssue({ code: 'custom', path, message: parsed.issue.message });
        return z.NEVER;
      }
      findings.push(parsed.data);
    }
    const expected = verdictOf(findings);
    if (report.verdict !== expected) {
      const message = `the verdict is ${report.verdict}, and the reasons give ${expected}`;
      context.addIssue({ code: 'custom', path: ['verdict'], message });
    }
    const wrong = report.spectra && contradictionInSpectra(report.spectra, report.tensors);
    if (wrong) {
      context.addIssue({ code: 'custom', path: ['spectra', 'baseline', wrong.index], message: wrong.message });
    }
    return { ...report, findings };
  });

const FORMAT = { version: REPORT_SCHEMA, schema: fileSchema, hint: "make it with 'shadow-gate check --out'" } as const;

/** A report as report.json has it. */
export function serializeReport({ schema, tool, verdict, findings, ...report }: Report) {
  const reasons = findings.map((finding) => {
    const { level, ...details } = finding;
    return { level, ...reasonOf(finding), message: findingText(finding), details };
  });
  return { schema, tool, verdict, reasons, ...report };
}

/** The text of a report.json. @throws UserError for a text that is not one */
export function parseReport(text: string, name: string): Report {
  return parseVersioned(text, name, FORMAT);
}

/** Read and validate a report.json. @throws UserError naming the file and what is wrong with it */
export async function readReport(path: string): Promise<Report> {
  return readVersioned(path, FORMAT);
}
