import { writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { Progress } from '@shadow-gate/platform/progress';
import { type DisplayKind, openDisplay } from './progress-display.ts';

/** A message of the main thread, with the terminal's width, which only that thread can read. */
export type DisplayMessage = { readonly columns: number | undefined } & (
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'note'; readonly line: string; readonly id: number }
  | { readonly kind: 'stop'; readonly id: number }
);

export interface DisplayData {
  readonly display: DisplayKind;
  readonly columns: number | undefined;
  /** Holds the id of the last message that was carried out, of those that have one. */
  readonly shared: SharedArrayBuffer;
}

const STANDARD_ERROR = 2;

/**
 * Draws in a thread of its own, and writes without the main thread, which would have to be free: onnxruntime keeps it
 * busy for seconds to minutes at a time.
 */
function serve(data: DisplayData): void {
  let { columns } = data;
  const done = new Int32Array(data.shared);
  const display = openDisplay(data.display, {
    get columns() {
      return columns;
    },
    write,
  });
  parentPort?.on('message', (message: DisplayMessage) => {
    columns = message.columns;
    if (message.kind === 'progress') {
      display.report(message.progress);
      return;
    }
    if (message.kind === 'note') display.note(message.line);
    else display.stop();
    Atomics.store(done, 0, message.id);
    Atomics.notify(done, 0);
  });
}

function write(text: string): boolean {
  try {
    writeSync(STANDARD_ERROR, text);
  } catch {
    // A terminal that is gone, or a pipe that is full: progress is worth no error.
  }
  return true;
}

serve(workerData as DisplayData);
