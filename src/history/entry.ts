import { z } from 'zod';
import type { Estimate, ShadowRow } from '../compare/probes/comparison.ts';
import { type Report, VERDICTS } from '../compare/report.ts';
import { timeSchema } from '../compare/trend-schema.ts';
import { roundNumber } from '../measure/round.ts';
import { UserError } from '../platform/user-error.ts';
import { effectiveRules, type Policy } from '../policy/policy.ts';
import { normalQuantile } from '../statistics/distributions.ts';

export const HISTORY_SCHEMA = 'shadow-gate/history@1';

const valueSchema = z.strictObject({
  baseline: z.number().nullable(),
  candidate: z.number(),
  /** What is standardised: of the families that can show it, paired; relative to the baseline for concentration. */
  change: z.number().nullable(),
  /** In standard errors, or for concentration in standard deviations of healthy runs; null where there is none. */
  z: z.number().nullable(),
});
export type HistoryValue = z.infer<typeof valueSchema>;

/** One check: a line of the history. */
export const historyEntrySchema = z.strictObject({
  schema: z.literal(HISTORY_SCHEMA),
  time: timeSchema,
  /** The workflow run; null elsewhere. */
  run: z.strictObject({ id: z.string(), url: z.string() }).nullable(),
  commit: z.string().nullable(),
  /** Digests of what was compared. */
  checkpoint: z.string(),
  baseline: z.string().nullable(),
  reference: z.string().nullable(),
  /** By which the numbers below were drawn; null where the questions are the same every time. */
  seed: z.int().nullable(),
  /** Of this tool. */
  version: z.string(),
  /** Of the check alone, before the trend. */
  verdict: z.enum(VERDICTS),
  twinAccuracy: valueSchema.nullable(),
  shadowGap: valueSchema.nullable(),
  /** The MLP ÷ attention ratio of ΔW. */
  concentration: valueSchema.nullable(),
});
export type HistoryEntry = z.infer<typeof historyEntrySchema>;

export interface Occasion {
  /** ISO 8601 in UTC or with an offset. */
  readonly time: string;
  readonly run: HistoryEntry['run'];
  readonly commit: string | null;
  /** The tolerance of concentration is in it. */
  readonly policy: Policy;
}

/**
 * What a history keeps of a check. The numbers of the probes are those of the suites that are drawn from the seed (`drawn` of
 * the report), so that files which are asked along with them every night, with the same answers, take no part. Where nothing
 * is drawn they are those of all suites, and the entry has no seed: the same questions again are then no new evidence.
 * @param report of a check, before {@link withTrend}
 */
export function entryOf(report: Report, { time, run, commit, policy }: Occasion): HistoryEntry {
  const { probes } = report;
  const row = probes && (probes.drawn ?? probes.comparison.rows[0] ?? null);
  return {
    schema: HISTORY_SCHEMA,
    time,
    run,
    commit,
    checkpoint: report.candidate.digest,
    baseline: report.baseline?.digest ?? null,
    reference: report.reference?.digest ?? null,
    seed: probes?.drawn ? probes.seed : null,
    version: report.tool.version,
    verdict: report.verdict,
    twinAccuracy: row && probes && probeValue(row.twin, row.twinChange, probes.comparison.exclusion),
    shadowGap: row && probes && probeValue(row.gap, row.delta, probes.comparison.confidence),
    concentration: concentrationOf(report, policy),
  };
}

function probeValue({ baseline, candidate }: ShadowRow['twin'], change: Estimate | null, level: number): HistoryValue {
  return rounded({
    baseline,
    candidate,
    change: change?.value ?? null,
    z: change && standardise(change, level),
  });
}

/**
 * A change in standard errors, which are taken from the width of its interval. Models that answer alike in every item are at 0
 * whatever the interval. A t interval is read as if it were a normal one, which makes the error of few facts larger: with ten
 * facts by a sixth, with a hundred by a hundredth.
 * @param level of the interval, two-sided
 * @returns null without a finite interval of some width
 */
function standardise({ value, lower, upper }: Estimate, level: number): number | null {
  if (value === 0) return 0;
  if (lower === null || upper === null || !(upper > lower)) return null;
  return (value * 2 * normalQuantile((1 + level) / 2)) / (upper - lower);
}

/** A tolerance is this many standard deviations of healthy runs. */
const TOLERANCE_IN_DEVIATIONS = 3;

/**
 * The ratio of a checkpoint is measured exactly and has no sampling error: measured again it is the same. What varies is one
 * healthy training run beside another, and what is known of that is the policy's tolerance of a rise, which is to lie
 * a little above the spread of known-good runs (docs/decisions/002-ratio-tolerance.md). It is taken for three standard
 * deviations of them. A policy that does not gate on the ratio gives no scale, nor does one that tolerates nothing.
 */
function concentrationOf({ shadowDeltas }: Report, policy: Policy): HistoryValue | null {
  const found = shadowDeltas.find(({ metric, of, module }) => metric === RATIO && of === 'delta' && module === null);
  if (!found || found.candidate === null) return null;
  const { baseline, candidate } = found;
  if (baseline === null || baseline === 0) return rounded({ baseline, candidate, change: null, z: null });
  const rises = effectiveRules(policy).filter(
    ({ metric, level, direction }) => metric === RATIO && level !== 'info' && direction !== 'down',
  );
  const tolerance = Math.min(
    ...rises.map(({ absolute, relative }) => Math.max(absolute, relative * Math.abs(baseline))),
  );
  const change = candidate - baseline;
  const isScale = Number.isFinite(tolerance) && tolerance > 0;
  return rounded({
    baseline,
    candidate,
    change: change / Math.abs(baseline),
    z: isScale ? (change * TOLERANCE_IN_DEVIATIONS) / tolerance : null,
  });
}

const RATIO = 'mlpAttentionRatio';

function rounded({ baseline, candidate, change, z }: HistoryValue): HistoryValue {
  const round = (value: number | null) => value && roundNumber(value);
  return { baseline: round(baseline), candidate: roundNumber(candidate), change: round(change), z: round(z) };
}

/** Nearly three years of nights, and under a megabyte. */
const MOST_ENTRIES = 1000;

/** The history with one more check, without the oldest where there are too many. */
export function appendHistory(history: readonly HistoryEntry[], entry: HistoryEntry): HistoryEntry[] {
  return [...history, entry].slice(-MOST_ENTRIES);
}

/** As JSONL, the oldest first. */
export function formatHistory(history: readonly HistoryEntry[]): string {
  return history.map((entry) => `${JSON.stringify(entry)}\n`).join('');
}

/**
 * Read a history. An empty text is an empty history. One line that is wrong spoils it all, a last line that was cut off too:
 * charts over what is left would look like a history, and say less than it.
 * @param name how errors name it
 * @throws UserError with the line
 */
export function parseHistory(text: string, name: string): HistoryEntry[] {
  if (text === '') return [];
  const isWhole = text.endsWith('\n');
  const lines = (isWhole ? text.slice(0, -1) : text).split('\n');
  return lines.map((line, i) => {
    const isCut = !isWhole && i === lines.length - 1;
    return parseLine(line, `${name}:${i + 1}`, isCut ? 'was cut off: it is not JSON' : 'is not JSON');
  });
}

const MEND = 'take the file of an earlier run, or none to begin a new history';

const versionedSchema = z.looseObject({ schema: z.string() });

function parseLine(line: string, where: string, notJson: string): HistoryEntry {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    throw new UserError(`${where} ${notJson}`, MEND);
  }
  const header = versionedSchema.safeParse(json);
  if (!header.success) throw new UserError(`${where} has no "schema"`, MEND);
  if (header.data.schema !== HISTORY_SCHEMA) {
    const { schema } = header.data;
    throw new UserError(`${where} is of schema ${JSON.stringify(schema)}, this version reads ${HISTORY_SCHEMA}`, MEND);
  }
  const parsed = historyEntrySchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UserError(`${where} is not a valid ${HISTORY_SCHEMA}: ${issue?.path.join('.')}: ${issue?.message}`, MEND);
}
