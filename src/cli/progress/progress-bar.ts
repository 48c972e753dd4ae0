import { clearLine, cursorTo } from 'node:readline';
import type { Progress } from '@shadow-gate/platform/progress';
import { SingleBar } from 'cli-progress';
import { barLine, ProgressClock } from '../../report/terminal/progress.ts';

/** A terminal to draw on. */
export interface BarStream {
  readonly isTTY?: boolean;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** Often enough that a second never seems to be missing. */
const FRAMES_PER_SECOND = 5;

const SAVE_CURSOR = '\x1b7';

const seconds = () => performance.now() / 1000;

/** One line at the bottom of a terminal. It draws itself by a timer, as long as its thread is not busy. */
export class ProgressBar {
  readonly #stream: NodeJS.WritableStream;
  readonly #clock = new ProgressClock(seconds());
  readonly #bar: SingleBar;
  readonly #columns: () => number | undefined;

  constructor(stream: BarStream) {
    this.#stream = stream as unknown as NodeJS.WritableStream;
    this.#columns = () => stream.columns;
    this.#bar = new SingleBar({
      format: () => this.#line(),
      stream: this.#stream,
      // Hiding the cursor would need a handler for Ctrl-C, which could not run while this thread computes a spectrum.
      hideCursor: false,
      linewrap: true,
      clearOnComplete: true,
      gracefulExit: false,
      fps: FRAMES_PER_SECOND,
    });
    this.#bar.start(1, 0);
  }

  report(progress: Progress): void {
    const { phase, model } = this.#clock.view(seconds()).progress;
    this.#clock.report(progress, seconds());
    // A new phase may keep this thread busy at once.
    if (progress.phase !== phase || progress.model !== model) this.#bar.render();
    else this.#bar.update(0);
  }

  /** Write a line above the bar. */
  note(line: string): void {
    cursorTo(this.#stream, 0);
    clearLine(this.#stream, 0);
    this.#stream.write(`${line}\n`);
    // The bar goes back to the saved position when it stops.
    this.#stream.write(SAVE_CURSOR);
    this.#stream.write(this.#line());
  }

  stop(): void {
    this.#bar.stop();
  }

  #line(): string {
    return barLine(this.#clock.view(seconds()), this.#columns());
  }
}
