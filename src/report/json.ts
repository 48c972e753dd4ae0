import { isDeepStrictEqual } from 'node:util';
import { VERSION } from '@shadow-gate/platform';
import { parseVersioned, readVersioned, validate } from '@shadow-gate/platform/json';
import { z } from 'zod';
import { type Finding, findingSchema, type Level, SEVERITY } from '../compare/finding.ts';
import {
  contradictionInSpectra,
  findingReason,
  isInPolicy,
  ownLevel,
  reasonSchema,
  shownLevel,
  verdictOf,
} from '../compare/index.ts';
import { REPORT_SCHEMA, type Report, reportSchema } from '../compare/report.ts';
import { findingText } from './summary/finding.ts';

/**
 * A finding in report.json: a flat form for scripts, the sentence, and in `details` the data of both. Only `level` and
 * `details` are read back: sentences of a foreign report are never shown.
 */
const entrySchema = reasonSchema.extend({
  level: z.enum(SEVERITY),
  message: z.string(),
  details: z.looseObject({ kind: z.string() }),
});

const count = z.int().nonnegative();

const fileSchema = reportSchema
  .omit({ findings: true })
  .extend({
    reasons: z.array(entrySchema),
    /** Number of reasons by level. Absent in older reports. */
    levels: z.strictObject({ fail: count, inconclusive: count, warn: count, info: count }).optional(),
  })
  .transform(({ reasons, levels, ...report }, context): Report => {
    const refuse = (path: PropertyKey[], message: string) => context.addIssue({ code: 'custom', path, message });
    const findings: Finding[] = [];
    for (const [i, { level, details }] of reasons.entries()) {
      const parsed = validate(findingSchema, { ...details, level });
      if (!parsed.success) {
        refuse(['reasons', i, 'details', ...parsed.issue.path], parsed.issue.message);
        return z.NEVER;
      }
      findings.push(parsed.data);
    }
    const expected = verdictOf(findings);
    if (report.verdict !== expected) {
      refuse(['verdict'], `the verdict is ${report.verdict}, and the reasons give ${expected}`);
    }
    if (report.applied === undefined && report.tool.version === VERSION) {
      refuse(['applied'], 'is missing, and every report of this version has it: it was taken out');
    }
    const wanted = levels ?? (report.tool.version === VERSION ? null : countLevels(findings));
    if (!isDeepStrictEqual(wanted, countLevels(findings))) {
      refuse(['reasons'], 'are not as many as `levels` counts: some were taken out');
    }
    const unknown = findings.findIndex((finding) => !isInPolicy(finding, report.applied?.settings ?? {}));
    if (unknown !== -1) {
      refuse(['reasons', unknown, 'details', 'exception'], 'is none of the policy that the report has');
    }
    const shown = shownLevel(report);
    // One by one: a call takes no more than some hundred thousand arguments.
    if (shown !== 'info' && !findings.some((finding) => isAtLeast(ownLevel(finding), shown))) {
      const shows = `the tables of the report show a reason for ${shown}`;
      refuse(['reasons'], `${shows}, and the reasons give ${expected}: some were taken out`);
    }
    const wrong = report.spectra && contradictionInSpectra(report.spectra, report.tensors);
    if (wrong) refuse(['spectra', 'baseline', wrong.index], wrong.message);
    return { ...report, findings };
  });

const FORMAT = { version: REPORT_SCHEMA, schema: fileSchema, hint: "make it with 'shadow-gate check --out'" } as const;

const isAtLeast = (level: Level, least: Level): boolean => SEVERITY.indexOf(level) <= SEVERITY.indexOf(least);

function countLevels(findings: readonly Finding[]): Record<Level, number> {
  const of = (wanted: Level) => findings.filter(({ level }) => level === wanted).length;
  return { fail: of('fail'), inconclusive: of('inconclusive'), warn: of('warn'), info: of('info') };
}

export function serializeReport({ schema, tool, verdict, findings, ...report }: Report) {
  const reasons = findings.map((finding) => {
    const { level, ...details } = finding;
    return { level, ...findingReason(finding), message: findingText(finding), details };
  });
  return { schema, tool, verdict, reasons, levels: countLevels(findings), ...report };
}

/** @throws UserError for a text that is no report.json */
export const parseReport = (text: string, name: string): Report => parseVersioned(text, name, FORMAT);

/** Reads a report.json. @throws UserError naming the file and what is wrong with it */
export async function readReport(path: string): Promise<Report> {
  return readVersioned(path, FORMAT);
}
