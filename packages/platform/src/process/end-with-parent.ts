import process from 'node:process';
import { Worker } from 'node:worker_threads';

/** In the environment of a process that must end with its parent: the id of the parent. */
const PARENT = 'SHADOW_GATE_PARENT';

export const endsWithThisProcess = (): Readonly<Record<string, string>> => ({ [PARENT]: String(process.pid) });

/** Was this process started with `endsWithThisProcess`, and with a channel? */
export const hasParent = (): boolean => process.env[PARENT] !== undefined && process.send !== undefined;

/** Runs in a thread: the main one may be in a loop, or in a run of onnxruntime for minutes. */
const watch = (parent: number) => `
  setInterval(() => {
    if (process.ppid !== ${parent}) process.kill(process.pid, 'SIGKILL');
  }, 500);
`;

/** End when the parent is gone, whatever this process does, and however the parent ended. */
export function endWithParent(): void {
  const parent = Number(process.env[PARENT]);
  // Children of this process are not those of its parent.
  delete process.env[PARENT];
  // Nobody is left to report to, and an orderly end would wait for threads.
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  new Worker(watch(parent), { eval: true, execArgv: [] }).unref();
}
