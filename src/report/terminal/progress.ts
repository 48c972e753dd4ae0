import type { Phase, Progress } from '@shadow-gate/platform/progress';
import { printable, shorten } from '../escape.ts';

interface ProgressView extends PhaseTime {
  readonly progress: Progress;
  /** Completed share of the phase, from 0 to 1; null if unknown. */
  readonly share: number | null;
}

/** Counts the time left down between reports, which can be minutes apart. All times are in seconds. */
export class ProgressClock {
  #progress: Progress = { phase: 'reading' };
  /** Time of the last entry into the phase, and how much of it was done then. */
  #entered: number;
  #doneThen = 0;
  #updated: number;
  #estimate: number | null = null;
  /** By model and phase: the baseline's duration estimates the candidate's. */
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
    const share = isKnown ? Math.min(1, done / total) : null;
    return { progress: this.#progress, elapsed: this.#elapsed(now), left, share };
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

interface ProgressLinesOptions {
  readonly print: (line: string) => void;
  /** The time in milliseconds. */
  readonly now?: () => number;
  /** A shorter run prints nothing. */
  readonly quietSeconds?: number;
}

/** A shorter phase has no line, except a download, which names the commit. */
const SHORTEST_PHASE = 1;

const INTERVAL_SECONDS = 30;

/** Progress for a log: a line when a phase begins, and one every half a minute. */
export class ProgressLines {
  readonly #print: (line: string) => void;
  readonly #now: () => number;
  readonly #quietUntil: number;
  readonly #clock: ProgressClock;
  #phase = '';
  #shortest = SHORTEST_PHASE;
  #entered: number;
  #printed: { readonly phase: string; readonly at: number } | null = null;

  constructor({ print, now = () => performance.now(), quietSeconds = 0 }: ProgressLinesOptions) {
    this.#print = print;
    this.#now = () => now() / 1000;
    const started = this.#now();
    this.#quietUntil = started + quietSeconds;
    this.#entered = started;
    this.#clock = new ProgressClock(started);
  }

  report(progress: Progress): void {
    const now = this.#now();
    this.#clock.report(progress, now);
    const isDownload = progress.phase === 'downloading';
    const phase = `${progress.model} ${progress.phase}${isDownload ? ` ${progress.item}` : ''}`;
    this.#shortest = isDownload ? 0 : SHORTEST_PHASE;
    if (phase !== this.#phase) {
      this.#phase = phase;
      this.#entered = now;
    }
    this.tick();
  }

  /** To be called every second, and by `report`. */
  tick(): void {
    const now = this.#now();
    if (now < this.#quietUntil || now - this.#entered < this.#shortest) return;
    const isNew = this.#printed?.phase !== this.#phase;
    if (!isNew && now - (this.#printed?.at ?? 0) < INTERVAL_SECONDS) return;
    this.#printed = { phase: this.#phase, at: now };
    this.#print(lineOf(this.#clock.view(now)));
  }
}

function lineOf(view: ProgressView): string {
  const { item = '' } = view.progress;
  const parts = [progressWords(view.progress), timeWords(view)].filter((part) => part !== '');
  return `${parts.join(', ')}${item === '' ? '' : ` (${printable(item, 80)})`}`;
}

const MAX_BAR = 24;
const MIN_BAR = 8;
/** A name cut to fewer characters says nothing. */
const MIN_ITEM = 12;
/** For a terminal of unknown width. */
const DEFAULT_WIDTH = 80;

/** Ends before the last column, where terminals break lines. The bar is never full, since a phase follows. */
export function barLine(view: ProgressView, columns = DEFAULT_WIDTH): string {
  const room = Math.max(1, columns - 1);
  const time = timeWords(view);
  const beside = Math.max(1, room - (time === '' ? 0 : time.length + 2));
  const words = wordsOf(view.progress, beside);
  const used = words.length + (time === '' ? 0 : time.length + 2);
  const bar = view.share === null ? '' : drawBar(view.share, Math.min(MAX_BAR, room - used - 1));
  const line = [words, bar, time].filter((part) => part !== '').join(bar === '' && time !== '' ? ', ' : ' ');
  const rest = room - line.length - 2;
  return rest < MIN_ITEM ? line : `${line}  ${itemOf(view.progress.item ?? '', rest)}`.trimEnd();
}

/** Drops the model's role if there is no room for it. */
function wordsOf(progress: Progress, room: number): string {
  const whole = progressWords(progress);
  return whole.length <= room ? whole : shorten(progressWords({ ...progress, model: undefined }), room);
}

function drawBar(share: number, size: number): string {
  if (size < MIN_BAR) return '';
  const done = Math.min(size - 1, Math.floor(share * size));
  return '█'.repeat(done) + '░'.repeat(size - done);
}

/** A letter outside ASCII can take two columns, and escaping can make a name longer. */
function itemOf(item: string, room: number): string {
  const shown = shorten(printable(item, room), room);
  return /^[ -~…]*$/.test(shown) ? shown : shorten(shown, Math.floor(room / 2));
}

/** With the unit of its progress if that is shown. */
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

/** `baseline: spectra 31/224`. Rounded down, so that only a finished phase reads as finished. */
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

interface PhaseTime {
  readonly elapsed: number;
  /** Null if unknown, negative if the phase takes longer than estimated. */
  readonly left: number | null;
}

const SHORTEST_ELAPSED = 3;

const TOLERANCE = 2;

/** `1 min 12 s left`; without an estimate, the time so far. */
function timeWords({ elapsed, left }: PhaseTime): string {
  if (left === null) return elapsed < SHORTEST_ELAPSED ? '' : `${wholeDuration(elapsed)} so far`;
  if (left <= 0) return left < -TOLERANCE ? 'longer than expected' : '';
  return `${wholeDuration(left)} left`;
}
