import { HISTORY_SCHEMA, type HistoryEntry, type HistoryValue, historyEntrySchema } from '../../src/history/entry.ts';

/** A value whose standardized change is `z`. */
export function standardized(z: number | null, change: number | null = z === null ? null : z / 100): HistoryValue {
  return { baseline: 0.8, candidate: 0.8 + (change ?? 0), change, z };
}

const SECONDS_OF_A_DAY = 86_400;

/** The check of the i-th night: the same checkpoint every night, with another seed. */
export function night(i: number, over: Partial<HistoryEntry> = {}): HistoryEntry {
  return historyEntrySchema.parse({
    schema: HISTORY_SCHEMA,
    time: new Date(Date.UTC(2026, 0, 1, 3, 17) + 1000 * SECONDS_OF_A_DAY * i).toISOString(),
    run: { id: String(1000 + i), url: `https://github.com/o/r/actions/runs/${1000 + i}` },
    commit: null,
    checkpoint: 'sha256:production',
    baseline: 'sha256:approved',
    reference: null,
    seed: 1000 + i,
    version: '0.1.0',
    verdict: 'pass',
    twinAccuracy: standardized(0),
    shadowGap: standardized(0),
    concentration: null,
    ...over,
  } satisfies HistoryEntry);
}

/** One night for each of these changes of twin accuracy, in standard errors. */
export function nights(changes: readonly (number | null)[], over: Partial<HistoryEntry> = {}): HistoryEntry[] {
  return changes.map((z, i) => night(i, { twinAccuracy: standardized(z), ...over }));
}
