import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** Set in the environment of the process that does the work. */
const SUPERVISED = 'SHADOW_GATE_SUPERVISED';

/** The signals that a user or a runner sends to stop a program. */
const STOPPING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Supervision {
  /** Do the work, in the process that does it. */
  readonly work: () => Promise<void>;
  /** Report, in the other process, that it was ended from outside, in one line. */
  readonly onDeath: (message: string) => void;
  readonly exitCode: number;
}

/**
 * Do some work in a process of its own. onnxruntime maps the files of weights: if another program makes one shorter,
 * reading what is gone is a signal (SIGBUS) that no JavaScript can catch, and so is the end of memory in a container
 * (SIGKILL). Without a second process, a step would end without a word.
 */
export async function supervise({ work, onDeath, exitCode }: Supervision): Promise<void> {
  if (process.env[SUPERVISED] !== undefined && process.send) {
    // Nobody is left to report to.
    process.on('disconnect', () => process.exit(exitCode));
    if (!process.connected) process.exit(exitCode);
    process.channel?.unref();
    return work();
  }
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, [SUPERVISED]: '1' },
  });
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  for (const signal of STOPPING) process.on(signal, forward);
  const { code, signal, error } = await new Promise<Ended>((resolve) => {
    child.on('error', (cause) => resolve({ code: null, signal: null, error: cause }));
    child.on('close', (status, by) => resolve({ code: status, signal: by, error: null }));
  });
  for (const stopping of STOPPING) process.off(stopping, forward);
  // Without a second process it is done here.
  if (error) return work();
  if (signal === null) {
    process.exitCode = code ?? exitCode;
    return;
  }
  process.exitCode = 128 + constants.signals[signal];
  if (STOPPING.some((stopping) => stopping === signal)) {
    process.kill(process.pid, signal);
    return;
  }
  process.exitCode = exitCode;
  onDeath(causeOf(signal));
}

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly error: Error | null;
}

function causeOf(signal: NodeJS.Signals): string {
  if (signal === 'SIGBUS') {
    return 'a file became shorter, or its disk failed, while it was measured (SIGBUS) — run again when nothing writes to it any more';
  }
  if (signal === 'SIGKILL') {
    return 'the process was killed (SIGKILL), most likely since the memory of the machine ran out — use one with more memory, or --max-memory';
  }
  if (signal === 'SIGABRT') {
    return 'the process was ended (SIGABRT), most likely since its memory ran out — use a machine with more memory, and report it if that does not help';
  }
  return `the process was ended by ${signal} — run again, and report it if it happens twice`;
}
