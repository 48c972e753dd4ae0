/** What a run does at the moment. */
export type Phase =
  | 'connecting'
  | 'downloading'
  | 'reading'
  | 'loading'
  | 'spectra'
  | 'searching'
  | 'merge'
  | 'quantization'
  | 'levels'
  | 'timing'
  | 'probes'
  | 'scoring'
  | 'generating'
  | 'finishing';

/** How far a run is. */
export interface Progress {
  readonly phase: Phase;
  /** Which of the two models of a check; missing where there is only one. */
  readonly model?: 'candidate' | 'baseline' | undefined;
  /** What is done and what is in all, in the unit of the phase (MiB for bytes); missing where nobody knows. */
  readonly done?: number;
  readonly total?: number;
  /** What is worked on, such as the name of a matrix. */
  readonly item?: string;
  /** Estimated time for the rest of the phase; without it, the pace so far is all there is. */
  readonly secondsLeft?: number | null;
}

export type OnProgress = (progress: Progress) => void;

/** Reports what interrupts something else, such as loading weights; null goes back to what was interrupted. */
export type OnInterruption = (progress: Progress | null) => void;

/** Two ways to report to one receiver: what is done, and what comes in between. */
export function withInterruptions(onProgress: OnProgress | undefined): {
  readonly report: OnProgress;
  readonly interrupt: OnInterruption;
} {
  let last: Progress | null = null;
  return {
    report: (progress) => {
      last = progress;
      onProgress?.(progress);
    },
    interrupt: (progress) => {
      const shown = progress ?? last;
      if (shown !== null) onProgress?.(shown);
    },
  };
}

export const MIB = 1024 ** 2;
