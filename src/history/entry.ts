import { UserError } from '@shadow-gate/platform';
import { parseVersioned } from '@shadow-gate/platform/json';
import { seedNameSchema } from '@shadow-gate/probes/random';
import { BUILTIN } from '@shadow-gate/probes/suite';
import { z } from 'zod';
import { overridesSchema, type TrendOverride, timeSchema, transferSchema } from '../compare/index.ts';
import type { Estimate, ShadowRow } from '../compare/probes/index.ts';
import { type Report, VERDICTS } from '../compare/report.ts';
import { roundNumber } from '../measure/round.ts';
import { effectiveRules, type Policy } from '../policy/policy.ts';
import { arithmeticMean, conformalSpread, normalQuantile } from '../statistics/index.ts';

export const HISTORY_SCHEMA = 'shadow-gate/history@1';

const valueSchema = z.strictObject({
  baseline: z.number().nullable(),
  candidate: z.number(),
  /** Paired, over the families that can show it; for concentration, relative to the baseline. */
  change: z.number().nullable(),
  /** In standard errors; for concentration, in standard deviations of healthy runs. Null: unknown. */
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
  /** Digests of candidate, baseline and reference. */
  checkpoint: z.string(),
  baseline: z.string().nullable(),
  reference: z.string().nullable(),
  /** The seed that drew the items of the numbers below; null if they are the same every time. */
  seed: seedNameSchema.nullable(),
  /** Version of this tool. */
  version: z.string(),
  /** The verdict of the check alone, before the trend. */
  verdict: z.enum(VERDICTS),
  twinAccuracy: valueSchema.nullable(),
  shadowGap: valueSchema.nullable(),
  /** The MLP ÷ attention ratio of ΔW. */
  concentration: valueSchema.nullable(),
  /** How much of a gain carries over to other forms, on the items of the numbers above. Absent without a gain. */
  transfer: transferSchema.optional(),
  /** Items of files that flipped, as `suite: id`; drawn suites have other questions each time. Absent: not asked. */
  flips: z.array(z.string()).optional(),
  /** Labels that overrode failed checks since the check before. Absent without. */
  overrides: overridesSchema.min(1).optional(),
});
export type HistoryEntry = z.infer<typeof historyEntrySchema>;

interface Occasion {
  /** ISO 8601 in UTC or with an offset. */
  readonly time: string;
  readonly run: HistoryEntry['run'];
  readonly commit: string | null;
  /** The tolerance of concentration is in it. */
  readonly policy: Policy;
  readonly overrides?: readonly TrendOverride[];
}

const MOST_FLIPS = 50;

/**
 * The probe numbers are those of the suites that the seed draws (`drawn` of the report): files that run every night,
 * with the same answers, take no part. If the seed draws nothing, they are those of all suites, and the entry has no
 * seed: the same items again are no new evidence.
 * @param report of a check, before {@link withTrend}
 */
export function historyEntry(report: Report, { time, run, commit, policy, overrides = [] }: Occasion): HistoryEntry {
  const { probes } = report;
  const row = probes && (probes.drawn ?? probes.comparison.rows[0] ?? null);
  return historyEntrySchema.parse({
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
    ...transferOf(probes, row),
    ...flipsOf(report),
    ...(overrides.length === 0 ? {} : { overrides: [...overrides] }),
  } satisfies HistoryEntry);
}

/** The transfer is over all facts: if the seed draws only some of them, it is of other items. */
function transferOf(probes: Report['probes'], row: ShadowRow | null): Pick<HistoryEntry, 'transfer'> {
  const [whole] = probes?.comparison.rows ?? [];
  const transfer = probes?.comparison.transfer ?? null;
  if (transfer === null || row?.facts !== whole?.facts) return {};
  const { value, lower, upper } = transfer;
  return {
    transfer: { value: roundNumber(value), lower: lower && roundNumber(lower), upper: upper && roundNumber(upper) },
  };
}

function flipsOf({ probes }: Report): Pick<HistoryEntry, 'flips'> {
  const items = probes?.items;
  if (!items?.hasBaseline) return {};
  const flips = items.facts.flatMap(({ id, part, flip }) => {
    const suite = items.parts[part]?.suite;
    return flip === undefined || suite === undefined || suite === BUILTIN ? [] : [`${suite}: ${id}`];
  });
  return { flips: flips.slice(0, MOST_FLIPS) };
}

function probeValue({ baseline, candidate }: ShadowRow['twin'], change: Estimate | null, level: number): HistoryValue {
  return rounded({ baseline, candidate, change: change?.value ?? null, z: change && standardize(change, level) });
}

/**
 * A change in standard errors, from the width of its interval. Models that answer every item alike are at 0, whatever
 * the interval. A t interval is read as a normal one, which overstates the error by a sixth with ten facts, by a
 * hundredth with a hundred.
 * @param level of the interval, two-sided
 * @returns null without a finite interval of some width
 */
function standardize({ value, lower, upper }: Estimate, level: number): number | null {
  if (value === 0) return 0;
  if (lower === null || upper === null || !(upper > lower)) return null;
  return (value * 2 * normalQuantile((1 + level) / 2)) / (upper - lower);
}

/** A tolerance is this many standard deviations of healthy runs. */
const TOLERANCE_IN_DEVIATIONS = 3;

/**
 * The ratio of a checkpoint has no sampling error: only healthy training runs vary. The only known scale of that is the
 * policy's limit on a rise, which should lie a little above the spread of known-good runs
 * (docs/lab-notes/decisions/018-calibration.md): it counts as three standard deviations. A policy that does not gate on
 * the ratio, or has a limit of 0, gives no scale.
 */
function concentrationOf(report: Report, policy: Policy): HistoryValue | null {
  const found = report.shadowDeltas.find(
    ({ metric, of, module }) => metric === RATIO && of === 'delta' && module === null,
  );
  if (!found || found.candidate === null) return null;
  const { baseline, candidate } = found;
  const known = calibratedScore(report, baseline);
  if (baseline === null || baseline === 0) return rounded({ baseline, candidate, change: null, z: known });
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
    z: known ?? (isScale ? (change * TOLERANCE_IN_DEVIATIONS) / tolerance : null),
  });
}

/**
 * Known-good checkpoints give a better scale: the distance of the limit from their mean counts as three standard
 * deviations (a few runs may be close together by chance). The score is the distance from the mean of runs or, in a
 * series, whose ratio may rise while it trains, from the baseline. Null if they do not judge the ratio.
 */
function calibratedScore({ calibration }: Report, baseline: number | null): number | null {
  const ratio = calibration?.metrics.find(({ metric, module }) => metric === RATIO && module === null);
  if (!ratio?.judged || !['within', 'beyond'].includes(ratio.judged.outcome)) return null;
  const { candidate, values, judged } = ratio;
  const mean = arithmeticMean(values);
  const tolerance = Math.max(Math.abs(judged.limit - mean), TOLERANCE_IN_DEVIATIONS * conformalSpread(values));
  if (calibration?.kind === 'runs') return ((candidate - mean) * TOLERANCE_IN_DEVIATIONS) / tolerance;
  return baseline === null || tolerance === 0 ? null : ((candidate - baseline) * TOLERANCE_IN_DEVIATIONS) / tolerance;
}

const RATIO = 'mlpAttentionRatio';

function rounded({ baseline, candidate, change, z }: HistoryValue): HistoryValue {
  const round = (value: number | null) => value && roundNumber(value);
  return { baseline: round(baseline), candidate: roundNumber(candidate), change: round(change), z: round(z) };
}

/** Nearly three years of nights, and under a megabyte. */
const MOST_ENTRIES = 1000;

const MAX_HISTORY_LENGTH = 16 * 1024 * 1024;

/** If there are too many entries, the oldest go. */
export function appendHistory(history: readonly HistoryEntry[], entry: HistoryEntry): HistoryEntry[] {
  return [...history, entry].slice(-MOST_ENTRIES);
}

/** As JSONL, the oldest first. */
export function formatHistory(history: readonly HistoryEntry[]): string {
  return history.map((entry) => `${JSON.stringify(entry)}\n`).join('');
}

/**
 * An empty text is an empty history. One wrong line invalidates all of it, and so does a last line that was cut off:
 * charts over the rest would look like a whole history.
 * @param name for errors
 * @throws UserError with the line
 */
export function parseHistory(text: string, name: string): HistoryEntry[] {
  if (text === '') return [];
  if (text.length > MAX_HISTORY_LENGTH) throw new UserError(`${name} is too long for a history`, FORMAT.hint);
  const isWhole = text.endsWith('\n');
  const lines = (isWhole ? text.slice(0, -1) : text).split('\n');
  return lines.map((line, i) => {
    const isCut = !isWhole && i === lines.length - 1;
    return parseVersioned(line, `${name}:${i + 1}`, FORMAT, isCut ? 'was cut off: it is not JSON' : 'is not JSON');
  });
}

const FORMAT = {
  version: HISTORY_SCHEMA,
  schema: historyEntrySchema,
  hint: 'use the file of an earlier run, or no file to start a new history',
} as const;
