import { fileURLToPath } from 'node:url';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { UserError } from '../user-error.ts';
import type { ProcessAnswer, StopReason } from './serve-process.ts';
import { workerEntry } from './worker-entry.ts';

/** For an answer that was on its way at the deadline. */
const GRACE_MILLISECONDS = 1000;

/**
 * A process for foreign regular expressions and templates: it can be stopped, and has its own memory. A thread is not
 * enough, since one huge string ends all threads of a process at once.
 *
 * Calls are synchronous: a bridge thread talks to the process, and this thread waits for it (process-bridge.ts).
 */
export class StoppableProcess<Request, Reply> {
  readonly #bridge: Worker;
  readonly #port: MessagePort;
  /** The number of the last request that was answered. */
  readonly #answered: Int32Array;
  readonly #pid: number;
  #asked = 0;
  #stopped: ProcessStopped | null = null;
  #mayBeLate = true;

  private constructor(bridge: Worker, port: MessagePort, answered: Int32Array, pid: number) {
    this.#bridge = bridge;
    this.#port = port;
    this.#answered = answered;
    this.#pid = pid;
  }

  /** @throws ProcessStopped if loading takes too long or too much memory, and the UserError of the work */
  static async start<Request, Reply, Loaded>(
    load: unknown,
    { bridge: bridgeEntry, entry, heapMiB, milliseconds }: ProcessOptions,
  ): Promise<{ process: StoppableProcess<Request, Reply>; loaded: Loaded }> {
    const { port1: port, port2 } = new MessageChannel();
    const shared = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    const workerData = { port: port2, shared, entry: fileURLToPath(entry), heapMiB, load };
    const bridge = new Worker(bridgeEntry, { execArgv: [], workerData, transferList: [port2] });
    let pid = 0;
    const stop = () => {
      if (pid > 0) kill(pid);
      void bridge.terminate();
    };
    const answer = await new Promise<ProcessAnswer<Loaded>>((resolve, reject) => {
      const timer = setTimeout(() => resolve({ kind: 'stopped', reason: 'deadline' }), milliseconds);
      bridge.on('message', (message: { readonly pid: number } | ProcessAnswer<Loaded>) => {
        if ('pid' in message) {
          pid = message.pid;
          return;
        }
        clearTimeout(timer);
        resolve(message);
      });
      bridge.on('error', reject);
    }).catch((error: unknown) => {
      stop();
      throw error;
    });
    if (answer.kind !== 'value') stop();
    const loaded = resultOf(answer);
    // An idle process must not keep this one alive.
    bridge.unref();
    return { process: new StoppableProcess(bridge, port, new Int32Array(shared), pid), loaded };
  }

  /**
   * Ask, and wait for the answer. A process that does not answer in time is stopped for good. It may be late once:
   * after a virtual machine was suspended, the deadline passes before any answer. @throws ProcessStopped
   */
  ask(request: Request, milliseconds: number): Reply {
    if (this.#stopped !== null) throw this.#stopped;
    // The bridge counts in the same way.
    this.#asked = (this.#asked + 1) | 0;
    this.#port.postMessage(request);
    if (!this.#isAnsweredWithin(milliseconds) && this.#mayBeLate) {
      this.#mayBeLate = false;
      this.#isAnsweredWithin(GRACE_MILLISECONDS);
    }
    const received = receiveMessageOnPort(this.#port) as { readonly message: ProcessAnswer<Reply> } | undefined;
    const answer = received?.message ?? { kind: 'stopped', reason: 'deadline' };
    if (answer.kind === 'stopped') {
      this.#stopped = new ProcessStopped(answer.reason);
      void this.#end();
      throw this.#stopped;
    }
    return resultOf(answer);
  }

  /** Waking up is not an answer: under load, the notification may be that of the answer before. */
  #isAnsweredWithin(milliseconds: number): boolean {
    const deadline = performance.now() + milliseconds;
    for (;;) {
      const last = Atomics.load(this.#answered, 0);
      if (last === this.#asked) return true;
      const left = deadline - performance.now();
      if (left <= 0) return false;
      Atomics.wait(this.#answered, 0, last, left);
    }
  }

  async stop(): Promise<void> {
    this.#stopped ??= new ProcessStopped('closed');
    await this.#end();
  }

  #end(): Promise<number> {
    kill(this.#pid);
    return this.#bridge.terminate();
  }
}

/** The file that starts the process. It is next to this module, in a bundle too. @returns null if it is not there */
export function bridgeEntry(): URL | null {
  return workerEntry('process-bridge', import.meta.url);
}

export interface ProcessOptions {
  readonly bridge: URL;
  readonly entry: URL;
  readonly heapMiB: number;
  /** For starting and loading. */
  readonly milliseconds: number;
}

/** The caller makes the message for the user. */
export class ProcessStopped extends Error {
  override readonly name = 'ProcessStopped';
  readonly reason: StopReason;

  constructor(reason: StopReason) {
    super(`the process was stopped: ${reason}`);
    this.reason = reason;
  }
}

function resultOf<T>(answer: ProcessAnswer<T>): T {
  switch (answer.kind) {
    case 'value':
      return answer.value;
    case 'stopped':
      throw new ProcessStopped(answer.reason);
    case 'user-error':
      throw new UserError(answer.problem, answer.hint, { code: answer.code });
    case 'error':
      throw Object.assign(new Error(answer.message), { stack: answer.stack });
  }
}

/** A busy process reacts to no other signal. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
