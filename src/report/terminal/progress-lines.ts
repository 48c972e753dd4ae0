import type { Progress } from '../../platform/progress.ts';
import { printable } from '../escape.ts';
import { progressWords, timeWords } from '../text/progress.ts';
import { ProgressClock, type ProgressView } from './progress-clock.ts';

export interface ProgressLinesOptions {
  readonly print: (line: string) => void;
  /** The time in milliseconds. */
  readonly now?: () => number;
  /** A run that is over by then prints nothing. */
  readonly quietSeconds?: number;
}

/** A phase that is over by then has no line, except a download: its line names the commit that was read. */
const SHORTEST_PHASE = 1;

const INTERVAL_SECONDS = 30;

/** Progress for a log: a line when a phase begins, and another one every half a minute. */
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
