export { serveProcess } from './serve-process.ts';
export { bridgeEntry, ProcessStopped, StoppableProcess } from './stoppable-process.ts';
export { workerEntry } from './worker-entry.ts';
