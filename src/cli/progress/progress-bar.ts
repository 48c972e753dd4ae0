import type { Progress } from '@shadow-gate/platform/progress';
import { barLine, ProgressClock } from '../../report/terminal/progress.ts';

/** A terminal to draw on. */
export interface BarStream {
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** Often enough that a second never seems to be missing. */
const FRAME_MILLISECONDS = 200;

/** To the first column, and nothing in the line. */
const EMPTY_LINE = '\r\x1b[2K';

const seconds = () => performance.now() / 1000;

/**
 * One line at the bottom of a terminal. It draws itself by a timer, as long as its thread is not busy. The cursor stays
 * visible: hiding it would need a handler for Ctrl-C, which could not run while this thread computes a spectrum.
 */
export class ProgressBar {
  readonly #stream: BarStream;
  readonly #clock = new ProgressClock(seconds());
  readonly #timer: NodeJS.Timeout;
  #drawn = '';

  constructor(stream: BarStream) {
    this.#stream = stream;
    this.#timer = setInterval(() => this.#draw(), FRAME_MILLISECONDS);
    this.#draw();
  }

  report(progress: Progress): void {
    const { phase, model } = this.#clock.view(seconds()).progress;
    this.#clock.report(progress, seconds());
    // A new phase may keep this thread busy at once.
    if (progress.phase !== phase || progress.model !== model) this.#draw();
  }

  /** Write a line above the bar. */
  note(line: string): void {
    this.#stream.write(`${EMPTY_LINE}${line}\n`);
    this.#drawn = '';
    this.#draw();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#stream.write(EMPTY_LINE);
  }

  #draw(): void {
    const line = barLine(this.#clock.view(seconds()), this.#stream.columns);
    if (line === this.#drawn) return;
    this.#drawn = line;
    this.#stream.write(`${EMPTY_LINE}${line}`);
  }
}
