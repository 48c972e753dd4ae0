import type { Progress } from '../../platform/progress.ts';
import type { PhaseTime } from '../text/progress.ts';

/** How far a run is at one moment. */
export interface ProgressView extends PhaseTime {
  readonly progress: Progress;
  /** Of the phase, from 0 to 1; null where nobody knows. */
  readonly share: number | null;
}

/**
 * Knows what was reported last, and how much time has passed since then, so that the time left goes on between two reports:
 * one matrix can take minutes. All times are in seconds.
 */
export class ProgressClock {
  #progress: Progress = { phase: 'reading' };
  /** When the phase was entered, or entered again, and how much of it was done then. */
  #entered: number;
  #doneThen = 0;
  #updated: number;
  /** Seconds left at the last report. */
  #estimate: number | null = null;
  /** By model and phase: what a phase took for the baseline is what the candidate's may take. */
  readonly #durations = new Map<string, number>();

  constructor(now: number) {
    this.#entered = now;
    this.#updated = now;
  }

  report(progress: Progress, now: number): void {
    if (keyOf(progress) !== keyOf(this.#progress)) {
      this.#durations.set(keyOf(this.#progress), this.#elapsed(now));
      this.#entered = now;
      this.#doneThen = progress.done ?? 0;
      this.#estimate = null;
    }
    this.#progress = progress;
    const estimate = this.#estimateOf(progress, now);
    // Several reports at the same amount must not stop the clock.
    if (estimate === null && this.#estimate !== null) return;
    this.#estimate = estimate;
    this.#updated = now;
  }

  view(now: number): ProgressView {
    const { done, total } = this.#progress;
    const left = this.#estimate === null ? null : this.#estimate - (now - this.#updated);
    const isKnown = done !== undefined && total !== undefined && total > 0;
    return {
      progress: this.#progress,
      elapsed: this.#elapsed(now),
      left,
      share: isKnown ? Math.min(1, done / total) : null,
    };
  }

  /** Seconds in the current phase, earlier parts of it included. */
  #elapsed(now: number): number {
    return (this.#durations.get(keyOf(this.#progress)) ?? 0) + now - this.#entered;
  }

  #estimateOf({ phase, model, done = 0, total = 0, secondsLeft }: Progress, now: number): number | null {
    if (secondsLeft !== undefined && secondsLeft !== null) return secondsLeft;
    const since = done - this.#doneThen;
    if (total > 0 && since > 0) return ((now - this.#entered) * (total - done)) / since;
    const other = model === 'candidate' ? this.#durations.get(keyOf({ phase, model: 'baseline' })) : undefined;
    return other === undefined ? null : other - this.#elapsed(now);
  }
}

const keyOf = ({ phase, model = 'candidate' }: Pick<Progress, 'phase' | 'model'>): string => `${model} ${phase}`;
