import { writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { Progress } from '@shadow-gate/platform/progress';
import { type DisplayKind, openDisplay } from './progress-display.ts';

/** The main thread waits for an order that has an id. */
export type DisplayOrder =
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'note'; readonly line: string; readonly id: number }
  | { readonly kind: 'stop'; readonly id: number };

/** With the terminal's width, which only the main thread can read. */
export type DisplayMessage = DisplayOrder & { readonly columns: number | undefined };

export interface DisplayData {
  readonly display: DisplayKind;
  readonly columns: number | undefined;
  /** The last id of an order that was carried out. */
  readonly shared: SharedArrayBuffer;
}

const STANDARD_ERROR = 2;

/** Draw and write without the main thread, which onnxruntime keeps busy for seconds to minutes at a time. */
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
    // The terminal is gone, or the pipe is full: progress is not worth an error.
  }
  return true;
}

serve(workerData as DisplayData);
