import type { Estimate } from '../results.ts';

/** One model compared with another by counts per item. */
export interface OlmoPair {
  readonly baseline: string;
  readonly candidate: string;
  readonly verdict: string;
  readonly findings: readonly string[];
  readonly rows: ReadonlyArray<{
    readonly suite: string;
    readonly baseline: number | null;
    readonly candidate: number | null;
    /** With the standard error by item. */
    readonly change: { readonly value: number; readonly stderr: number | null } | null;
    readonly p: number | null;
  }>;
  readonly delta: Estimate | null;
  readonly transfer: Estimate | null;
}

interface Share {
  readonly inside: number;
  readonly of: number;
}

export interface OlmoCalibration {
  /** How often one model's answers were split into two halves. */
  readonly splits: number;
  readonly verdicts: Readonly<Record<string, number>>;
  /** Intervals at 95% of halves, where nothing changed. */
  readonly noChange: Share;
  readonly bootstrap: ReadonlyArray<Share & { readonly items: number }>;
}

export interface OlmoResults {
  readonly pairs: readonly OlmoPair[];
  readonly calibration: OlmoCalibration;
}
