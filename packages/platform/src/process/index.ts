export { serveProcess } from './serve-process.ts';
export { bridgeEntry, ProcessStopped, StoppableProcess } from './stoppable-process.ts';
export { type Supervision, supervise } from './supervise.ts';
export { workerEntry } from './worker-entry.ts';
