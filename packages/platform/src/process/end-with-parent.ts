import process from 'node:process';
import { Worker } from 'node:worker_threads';

/** In the environment of a process that is of no use without the one that started it: the id of that one. */
const PARENT = 'SHADOW_GATE_PARENT';

/** What to add to the environment of such a process. */
export const endsWithThisProcess = (): Readonly<Record<string, string>> => ({ [PARENT]: String(process.pid) });

/** Was this process started with `endsWithThisProcess`, and with a channel? */
export const hasParent = (): boolean => process.env[PARENT] !== undefined && process.send !== undefined;

/** In a thread: this one may be in a loop, or in a run of onnxruntime that takes minutes. */
const watch = (parent: number) => `
  setInterval(() => {
    if (process.ppid !== ${parent}) process.kill(process.pid, 'SIGKILL');
  }, 500);
`;

/** End when the parent is gone, whatever this process does at the moment, and however the parent was ended. */
export function endWithParent(): void {
  const parent = Number(process.env[PARENT]);
  // What this process starts is not of its parent.
  delete process.env[PARENT];
  // Nobody is left to report to, and an orderly end would wait for threads.
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  new Worker(watch(parent), { eval: true, execArgv: [] }).unref();
}
