import { fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SECRET } from './input.ts';
import type { FindingMessage, Progress } from './worker.ts';

/** A single input may take this long. Honest files of this size take milliseconds. */
const DEADLINE_MILLISECONDS = 20_000;
/** The same for what the product stops: most inputs take a millisecond, and what takes this long would take longer. */
const STOP_MILLISECONDS = 1500;
/** Heap of the process. Inputs are at most a few hundred KB. */
const HEAP_MIB = 512;
const WATCH_MILLISECONDS = 250;

export interface Finding {
  readonly iteration: number;
  readonly message: string;
  /** Empty for an input that did not end. */
  readonly stack: string;
}

/** What became of the inputs of one reader. */
export interface Tally {
  accepted: number;
  refused: number;
  /** The first input that has not been run. */
  next: number;
  readonly findings: Finding[];
}

interface Slice {
  readonly reader: string;
  /** See `Fuzzer.isStopped`. */
  readonly isStopped: boolean;
  readonly seed: string;
  /** The most inputs that are run. */
  readonly count: number;
  /** When to stop, in milliseconds since 1970. */
  readonly until: number;
}

/** Run inputs of one reader from `tally.next` on, in a process that is stopped when an input does not end. */
export function runReader({ reader, isStopped, seed, count, until }: Slice, tally: Tally): Promise<void> {
  const first = tally.next;
  const folder = mkdtempSync(join(tmpdir(), 'shadow-gate-fuzz-'));
  const secret = join(folder, 'input', 'secret');
  mkdirSync(secret, { recursive: true });
  writeFileSync(join(secret, 'config.json'), JSON.stringify({ model_type: SECRET, hidden_size: SECRET }));
  for (const name of ['model.safetensors', 'data', 'weights', 'tokenizer.json'])
    writeFileSync(join(secret, name), SECRET);
  const worker = fileURLToPath(new URL('./worker.mjs', import.meta.url));
  const child = fork(worker, [reader, seed, String(first), String(count), folder], {
    execArgv: ['--enable-source-maps', `--max-old-space-size=${HEAP_MIB}`],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, ORT_DISABLE_TELEMETRY: '1', SHADOW_GATE_CACHE: 'off' },
  });
  let log = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString('latin1')).slice(-4000);
  });
  return new Promise((resolve) => {
    let last: Progress = { kind: 'progress', accepted: 0, refused: 0, next: first };
    let ended: 'by time' | 'hang' | null = null;
    let seen = -1;
    let since = Date.now();
    const deadline = isStopped ? STOP_MILLISECONDS : DEADLINE_MILLISECONDS;
    const running = (): number => Number(readProgress(folder) ?? -1);
    const watch = setInterval(() => {
      const now = running();
      if (now !== seen) [seen, since] = [now, Date.now()];
      if (Date.now() - since > deadline && now >= 0) ended = 'hang';
      else if (Date.now() > until && ended === null) ended = 'by time';
      if (ended !== null) child.kill('SIGKILL');
    }, WATCH_MILLISECONDS);
    child.on('message', (message: Progress | FindingMessage) => {
      if (message.kind === 'progress') last = message;
      else tally.findings.push(message);
    });
    child.on('exit', (code, signal) => {
      clearInterval(watch);
      const iteration = Math.max(first, running());
      tally.accepted += last.accepted;
      tally.refused += last.refused;
      if (isStopped && (ended === 'hang' || (ended === null && code !== 0))) {
        tally.refused += 1;
      } else if (ended === 'hang') {
        const message = `took longer than ${DEADLINE_MILLISECONDS / 1000} s`;
        tally.findings.push({ iteration, message, stack: '' });
      } else if (ended === null && (code !== 0 || signal !== null)) {
        tally.findings.push({ iteration, message: `ended the process (${signal ?? code})`, stack: log });
      }
      rmSync(folder, { recursive: true, force: true });
      tally.next = ended === null && code === 0 ? last.next : iteration + 1;
      resolve();
    });
  });
}

function readProgress(folder: string): string | null {
  try {
    return readFileSync(join(folder, 'progress'), 'utf8') || null;
  } catch {
    return null;
  }
}
