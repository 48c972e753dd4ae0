import type { Progress } from '@shadow-gate/platform/progress';
import { ProgressLines } from '../../report/terminal/progress.ts';
import { type BarStream, ProgressBar } from './progress-bar.ts';

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
