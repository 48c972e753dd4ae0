import type { Progress } from '@shadow-gate/platform/progress';
import { barLine, ProgressClock, ProgressLines } from '../../report/terminal/progress.ts';

/** A terminal to draw on. */
interface BarStream {
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** Shows how far a run is. */
export interface ProgressDisplay {
  report(progress: Progress): void;
  /** Write a line that is no progress. */
  note(line: string): void;
  stop(): void;
}

/** A bar on a terminal, or lines in a log. */
export type DisplayKind = 'bar' | { readonly quietSeconds: number };

/** A display in this thread: its time goes on whenever the thread is not busy. */
export function openDisplay(kind: DisplayKind, stream: BarStream): ProgressDisplay {
  return kind === 'bar' ? new ProgressBar(stream) : new LineDisplay(stream, kind.quietSeconds);
}

const TICK_MILLISECONDS = 1000;

class LineDisplay implements ProgressDisplay {
  readonly #stream: BarStream;
  readonly #lines: ProgressLines;
  readonly #timer: NodeJS.Timeout;

  constructor(stream: BarStream, quietSeconds: number) {
    this.#stream = stream;
    this.#lines = new ProgressLines({ print: (line) => this.note(`shadow-gate: ${line}`), quietSeconds });
    this.#timer = setInterval(() => this.#lines.tick(), TICK_MILLISECONDS);
  }

  report(progress: Progress): void {
    this.#lines.report(progress);
  }

  note(line: string): void {
    this.#stream.write(`${line}\n`);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
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
class ProgressBar {
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
