import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import process from 'node:process';
import { UserError } from '../user-error.ts';
import { endsWithThisProcess, endWithParent, hasParent } from './end-with-parent.ts';

/**
 * Added to the exit code by a process that did its work or reported why not. Node and libraries end processes with
 * small codes, and their 1 must not look like the verdict "fail".
 */
const REPORTED = 64;

const STOPPING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Supervision {
  readonly work: () => Promise<void>;
  /** Does the work run in a second process? */
  readonly isApart: boolean;
  /** Report in one line. */
  readonly report: (error: unknown) => void;
  /** The program's exit code if it has no result. */
  readonly exitCode: number;
}

/**
 * Do some work. Every other end is reported in one line, with an exit code that is not a verdict.
 *
 * onnxruntime maps the files of weights. If another program makes one shorter, reading it is a signal (SIGBUS) that
 * JavaScript cannot catch, and so is the end of memory in a container (SIGKILL). Without a second process, nothing
 * would be reported.
 */
export function supervise(supervision: Supervision): Promise<void> {
  if (hasParent()) {
    endWithParent();
    process.channel?.unref();
    return finish(supervision, { mark: REPORTED });
  }
  const work = supervision.isApart ? () => workApart(supervision) : supervision.work;
  return finish({ ...supervision, work }, { mark: 0 });
}

async function finish({ work, report, exitCode }: Supervision, { mark }: { readonly mark: number }): Promise<void> {
  let isReported = false;
  const fail = (error: unknown) => {
    isReported = true;
    process.exitCode = exitCode;
    report(error);
  };
  const end = (error: unknown) => {
    fail(error);
    process.exit();
  };
  // Unhandled rejections arrive here, too.
  process.on('uncaughtException', end);
  process.on('exit', () => {
    if (!isReported) fail(new Error('the program ended in the middle of its work'));
    process.exitCode = mark + Number(process.exitCode ?? 0);
  });
  await work().catch(end);
  isReported = true;
}

async function workApart({ work, report, exitCode }: Supervision): Promise<void> {
  const child = start();
  // If no second process can start, work here.
  if (child === null) return work();
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  for (const signal of STOPPING) process.on(signal, forward);
  const { code, signal, error } = await new Promise<Ended>((resolve) => {
    child.on('error', (cause) => resolve({ code: null, signal: null, error: cause }));
    child.on('close', (status, by) => resolve({ code: status, signal: by, error: null }));
  });
  for (const stopping of STOPPING) process.off(stopping, forward);
  if (error) return work();
  if (signal === null) {
    if (code !== null && code >= REPORTED) {
      process.exitCode = code - REPORTED;
      return;
    }
    process.exitCode = exitCode;
    report(
      new UserError(
        `the process ended with code ${code} in the middle of its work`,
        'run again, and report it if it happens twice',
      ),
    );
    return;
  }
  process.exitCode = 128 + constants.signals[signal];
  if (STOPPING.some((stopping) => stopping === signal)) {
    process.kill(process.pid, signal);
    return;
  }
  process.exitCode = exitCode;
  report(deathBy(signal));
}

/** @returns null if the system refuses to start a process; some refusals come later, as events */
function start() {
  try {
    return spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, ...endsWithThisProcess() },
    });
  } catch {
    return null;
  }
}

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly error: Error | null;
}

function deathBy(signal: NodeJS.Signals): UserError {
  switch (signal) {
    case 'SIGBUS':
      return new UserError(
        'a file became shorter, or its disk failed, while it was measured (SIGBUS)',
        'run again when nothing writes to it any more',
      );
    case 'SIGKILL':
      return new UserError(
        'the process was killed (SIGKILL), most likely since the memory of the machine ran out',
        'use one with more memory, or --max-memory',
      );
    // V8 ends a process without memory by one of these.
    case 'SIGABRT':
    case 'SIGTRAP':
    case 'SIGILL':
      return new UserError(
        `the process was ended (${signal}), most likely since its memory ran out`,
        'use a machine with more memory, and report it if that does not help',
      );
    default:
      return new UserError(
        `the process was ended by ${signal}`,
        'run again, with more memory if it is limited, and report it if it happens twice',
      );
  }
}
