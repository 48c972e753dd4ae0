import { suiteNameFromFile } from '@shadow-gate/probes/suite';
import { z } from 'zod';

const share = z.number().min(0).max(1);

/** The gravest first. */
export const SUITE_LEVELS = ['fail', 'warn', 'info'] as const;
export type SuiteLevel = (typeof SUITE_LEVELS)[number];

/** Keys of an entry of the policy's `probes`. */
export const suiteTierShape = {
  /** The gravest level of findings about this suite alone. Suites of a milder level are not in tests of everything. */
  level: z.enum(SUITE_LEVELS).optional(),
  /** A candidate without it fails, and a pass rules out a loss of its limit. */
  required: z.boolean().optional(),
  /** The smallest reported loss of accuracy, in place of `capability-drop` of `twin-accuracy`. */
  drop: share.optional(),
  /** The same as a share of the baseline's accuracy, if that is at least `floor`. The smaller of both counts. */
  'relative-drop': share.optional(),
  floor: share.optional(),
} as const;

/** Each slice makes the tests of the others stricter. */
const MOST_SLICES = 8;

export const slicesSchema = z
  .array(z.string().min(1).max(100))
  .min(1)
  .max(MOST_SLICES)
  .refine((fields) => new Set(fields).size === fields.length, { error: 'names a field twice' });

const tierSchema = z.object({ ...suiteTierShape, slices: slicesSchema.optional() });
type TierKeys = z.infer<typeof tierSchema>;

/** Also for a suite without a file. */
const TIER_KEYS: ReadonlySet<string> = new Set(Object.keys(suiteTierShape));

export function hasOnlyTier(settings: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(settings).every(([key, value]) => value === undefined || TIER_KEYS.has(key));
}

/** Below it, a share of the baseline's accuracy is less than guessing moves. */
const DEFAULT_FLOOR = 0.2;

type ListedSuite = string | ListedFile;
type ListedFile = TierKeys & { readonly file: string; readonly 'twins-of'?: string | undefined };

/** By the name that its file gives a suite, or by the name of a benchmark of logs. */
function entryOf(suite: string, probes: readonly ListedSuite[]): ListedSuite | undefined {
  return probes.find((own) => {
    const file = typeof own === 'string' ? own : own.file;
    return file === suite || suiteNameFromFile(file) === suite;
  });
}

function tierOf(suite: string, { probes }: Listing): ListedFile {
  const entry = entryOf(suite, probes);
  return typeof entry === 'object' ? entry : { file: suite };
}

interface Listing {
  readonly probes: readonly ListedSuite[];
}

export function isListedSuite(suite: string, { probes }: Listing): boolean {
  return entryOf(suite, probes) !== undefined;
}

/** Null: no level, or no entry. Twins have the level of their benchmark. */
export function listedLevel(suite: string, policy: Listing): SuiteLevel | null {
  const { level = null, 'twins-of': benchmark } = tierOf(suite, policy);
  return benchmark === undefined ? level : listedLevel(benchmark, policy);
}

export function isRequiredSuite(suite: string, policy: Listing): boolean {
  return tierOf(suite, policy).required === true;
}

/** Files, or names of benchmarks of logs. */
export function requiredSuites({ probes }: Listing): readonly string[] {
  return probes.flatMap((own) => (typeof own === 'object' && own.required === true ? [own.file] : []));
}

/** Null: no limit of its own is in force. @param accuracy of the baseline, for `relative-drop` */
export function suiteLimit(suite: string, accuracy: number, policy: Listing): number | null {
  const { drop, 'relative-drop': relative, floor = DEFAULT_FLOOR } = tierOf(suite, policy);
  const limits = [drop ?? [], relative === undefined || accuracy < floor ? [] : relative * accuracy].flat();
  return limits.length === 0 ? null : Math.min(...limits);
}

export function slicedBy(suite: string, policy: Listing): readonly string[] {
  return tierOf(suite, policy).slices ?? [];
}

export function hasSlices({ probes }: Listing): boolean {
  return probes.some((own) => typeof own === 'object' && own.slices !== undefined);
}

export function hasTiers({ probes }: Listing): boolean {
  return probes.some((own) => typeof own === 'object' && Object.keys(own).some((key) => TIER_KEYS.has(key)));
}

/** `fail` for none. */
export function gravestOf(levels: readonly SuiteLevel[]): SuiteLevel {
  return SUITE_LEVELS.find((level) => levels.includes(level)) ?? 'fail';
}
