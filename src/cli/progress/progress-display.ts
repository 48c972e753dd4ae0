import type { Progress } from '@shadow-gate/platform/progress';
import { barLine, ProgressClock, ProgressLines } from '../../report/terminal/progress.ts';

interface BarStream {
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export interface ProgressDisplay {
  report(progress: Progress): void;
  /** Write a line that is not progress. */
  note(line: string): void;
  stop(): void;
}

/** A bar on a terminal, or lines in a log. */
export type DisplayKind = 'bar' | { readonly quietSeconds: number };

/** A display in this thread: it only goes on while the thread is not busy. */
export function openDisplay(kind: DisplayKind, stream: BarStream): ProgressDisplay {
  return kind === 'bar' ? new ProgressBar(stream) : openLines(stream, kind.quietSeconds);
}

const TICK_MILLISECONDS = 1000;

function openLines(stream: BarStream, quietSeconds: number): ProgressDisplay {
  const note = (line: string) => void stream.write(`${line}\n`);
  const lines = new ProgressLines({ print: (line) => note(`shadow-gate: ${line}`), quietSeconds });
  const timer = setInterval(() => lines.tick(), TICK_MILLISECONDS);
  return { report: (progress) => lines.report(progress), note, stop: () => clearInterval(timer) };
}

/** Often enough that a second never seems to be missing. */
const FRAME_MILLISECONDS = 200;

/** To the first column, with nothing in the line. */
const EMPTY_LINE = '\r\x1b[2K';

const seconds = () => performance.now() / 1000;

/**
 * One line at the bottom of a terminal, drawn by a timer. The cursor stays visible: hiding it would need a handler for
 * Ctrl-C, which could not run while this thread computes a spectrum.
 */
class ProgressBar implements ProgressDisplay {
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
