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

export interface Progress {
  readonly phase: Phase;
  /** Which model of a check; missing if there is only one. */
  readonly model?: 'candidate' | 'baseline' | undefined;
  /** In the unit of the phase (MiB for bytes); missing if unknown. */
  readonly done?: number;
  readonly total?: number;
  readonly item?: string;
  /** Estimated time for the rest of the phase; if missing, the pace so far counts. */
  readonly secondsLeft?: number | null;
}

export type OnProgress = (progress: Progress) => void;

/** Reports an interruption, such as loading weights; null returns to the interrupted step. */
export type OnInterruption = (progress: Progress | null) => void;

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
