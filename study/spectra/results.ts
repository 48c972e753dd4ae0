// What study/results/spectra has: `spectra.ts` writes it, `tables.ts` makes tables of it.

/** What a check of spectra alone says of one run. */
export interface Summary {
  readonly verdict: string;
  /** Kinds of those that count. */
  readonly findings: readonly string[];
  /** That are flagged by known-good runs. */
  readonly metrics: readonly string[];
  /** These three only with known-good runs. */
  readonly calibrated?: Outcome;
  readonly p?: number | null;
  readonly runs?: number;
}

/**
 * `flagged` by a number of its own; `outside`: of a size that was not seen, and nothing flagged; `none`: not judged at
 * all.
 */
export type Outcome = 'flagged' | 'outside' | 'quiet' | 'none';

export type Role = 'known-good' | 'held-out' | 'other';

export interface Run {
  readonly name: string;
  readonly regime: string;
  readonly seed: number;
  readonly role: Role;
  readonly updateSize: number | null;
  readonly ratio: number | null;
  /** By what was asked of it; null if nothing was. */
  readonly class: string | null;
  readonly truth: Readonly<Record<string, number>> | null;
  readonly without: Summary;
  readonly with: Summary;
}

/** Random known-good runs among equal ones: how many of `draws` flagged another equal run, and found a narrow one. */
export interface Draws {
  readonly k: number;
  readonly alpha: number;
  readonly of: number;
  readonly draws: number;
  readonly flagged: number;
  readonly outside: number;
  readonly found: number;
  /** Runs that are narrow. */
  readonly narrow: number;
}

/** Equal runs in pairs, without known-good runs. */
export interface Pairs {
  readonly policy: string;
  readonly runs: number;
  readonly pairs: number;
  readonly flagged: number;
  readonly metrics: readonly string[];
}

export interface GroupResult {
  readonly alpha: number;
  readonly known: readonly string[];
  readonly narrow: string | null;
  readonly runs: readonly Run[];
  readonly draws: readonly Draws[];
  readonly pairs: readonly Pairs[];
}

/** `without` and `with` are null for the first one: nothing is before it. */
export interface Step {
  readonly step: number;
  readonly is: 'healthy' | 'incident' | 'shared';
  readonly earlier: number;
  readonly without: Summary | null;
  readonly with: Summary | null;
}

/** What is known of a series of checkpoints. */
export interface About {
  readonly kind: string;
  /** The last healthy step; what comes later is to be found. */
  readonly incident?: number;
  /** What went wrong then. */
  readonly what?: string;
  /** Neither healthy nor an incident, not counted: why. */
  readonly poor?: string;
  /** The same as another series up to that step, not counted twice. */
  readonly shared?: number;
}

export interface SeriesResult extends About {
  readonly name: string;
  readonly steps: readonly Step[];
}
