// The thread between a synchronous caller and a process that it can stop (stoppable-process.ts): requests come through a
// port, answers go back through it, and a shared number wakes the caller. It is a separate file in dist (scripts/build.mjs).
import { fork } from 'node:child_process';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Answer } from './serve-process.ts';

const { port, shared, entry, heapMiB, load } = workerData as {
  readonly port: MessagePort;
  readonly shared: SharedArrayBuffer;
  readonly entry: string;
  readonly heapMiB: number;
  readonly load: unknown;
};
const flag = new Int32Array(shared);

// Options and secrets of this process are none of its business.
const child = fork(entry, {
  execArgv: [`--max-old-space-size=${heapMiB}`],
  env: {},
  serialization: 'advanced',
  stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
});
parentPort?.postMessage({ pid: child.pid ?? 0 });

let isLoaded = false;
function pass(answer: Answer<unknown>): void {
  if (!isLoaded) {
    isLoaded = true;
    parentPort?.postMessage(answer);
    return;
  }
  port.postMessage(answer);
  Atomics.store(flag, 0, 1);
  Atomics.notify(flag, 0);
}

child.on('message', pass);
// V8 ends a process whose heap is full.
child.on('exit', () => pass({ kind: 'stopped', reason: 'memory' }));
child.on('error', ({ message, stack }) => pass({ kind: 'error', message, stack }));
child.send(load as object);
port.on('message', (request) => {
  if (child.connected) child.send(request);
  else pass({ kind: 'stopped', reason: 'memory' });
});
