// The thread between a synchronous caller and a process that it can stop (stoppable-process.ts): requests and answers
// go through a port, and the shared number of the last answer wakes the caller. It is a separate file in dist
// (scripts/build.ts).
import { fork } from 'node:child_process';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { endsWithThisProcess } from './end-with-parent.ts';
import type { ProcessAnswer } from './serve-process.ts';

const { port, shared, entry, heapMiB, load } = workerData as {
  readonly port: MessagePort;
  readonly shared: SharedArrayBuffer;
  readonly entry: string;
  readonly heapMiB: number;
  readonly load: unknown;
};
const answered = new Int32Array(shared);

// Without the options and secrets of this process.
const child = fork(entry, {
  execArgv: [`--max-old-space-size=${heapMiB}`],
  env: endsWithThisProcess(),
  serialization: 'advanced',
  stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
});
parentPort?.postMessage({ pid: child.pid ?? 0 });

let isLoaded = false;
let asked = 0;
function pass(answer: ProcessAnswer<unknown>): void {
  if (!isLoaded) {
    isLoaded = true;
    parentPort?.postMessage(answer);
    return;
  }
  port.postMessage(answer);
  Atomics.store(answered, 0, asked);
  Atomics.notify(answered, 0);
}

child.on('message', pass);
// V8 ends a process whose heap is full.
child.on('exit', () => pass({ kind: 'stopped', reason: 'memory' }));
child.on('error', ({ message, stack }) => pass({ kind: 'error', message, stack }));
child.send(load as object);
port.on('message', (request) => {
  asked += 1;
  if (child.connected) child.send(request);
  else pass({ kind: 'stopped', reason: 'memory' });
});
