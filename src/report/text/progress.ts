import type { Phase, Progress } from '@shadow-gate/platform/progress';

/** What a phase is called, and its unit where what is done of it is shown. */
const PHASES: Readonly<Record<Phase, { readonly words: string; readonly unit?: string }>> = {
  connecting: { words: 'examining the server' },
  downloading: { words: 'downloading', unit: ' MiB' },
  reading: { words: 'reading', unit: ' MiB' },
  loading: { words: 'loading weights' },
  spectra: { words: 'spectra', unit: '' },
  searching: { words: 'looking for NaN and Inf' },
  merge: { words: 'merge', unit: '' },
  quantization: { words: 'quantization', unit: '' },
  levels: { words: 'finding levels' },
  timing: { words: 'timing' },
  probes: { words: 'probes', unit: '' },
  scoring: { words: 'scoring', unit: '' },
  generating: { words: 'generating', unit: '' },
  finishing: { words: 'finishing' },
};

/** `baseline: spectra 31/224`. What is done is rounded down: nothing reads as done that is not. */
export function progressWords({ phase, model, done, total }: Progress): string {
  const { words, unit } = PHASES[phase];
  const prefix = model === undefined ? '' : `${model}: `;
  if (unit === undefined || done === undefined || total === undefined || total === 0) return `${prefix}${words}`;
  return `${prefix}${words} ${done < total ? Math.floor(done) : Math.ceil(total)}/${Math.ceil(total)}${unit}`;
}

/** `8 s`, `1 min 12 s`, `2 h 5 min`. */
function wholeDuration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/**
 * The time of a phase so far, and what is left of it: null where nobody knows, below 0 where it takes longer than was
 * estimated.
 */
export interface PhaseTime {
  readonly elapsed: number;
  readonly left: number | null;
}

/** Shorter times are of no interest. */
const SHORTEST_ELAPSED = 3;

/** An estimate of a few seconds may be that wrong. */
const TOLERANCE = 2;

/**
 * `1 min 12 s left`. Where the estimate has passed, or there is none, the time so far is what is known.
 */
export function timeWords({ elapsed, left }: PhaseTime): string {
  if (left === null) return elapsed < SHORTEST_ELAPSED ? '' : `${wholeDuration(elapsed)} so far`;
  if (left <= 0) return left < -TOLERANCE ? 'longer than expected' : '';
  return `${wholeDuration(left)} left`;
}
