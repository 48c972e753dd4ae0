import { Writable } from 'node:stream';
import { runCommandLine } from '../../src/cli/run.ts';

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Run a command line in this process, as a user without a terminal. */
export function runCli(...args: string[]): Promise<CliResult> {
  return runCliWith({}, ...args);
}

/** @param env variables that differ from those of this process */
export async function runCliWith(env: Readonly<NodeJS.ProcessEnv>, ...args: string[]): Promise<CliResult> {
  const [stdout, stderr] = [new Collector(), new Collector()];
  const code = await runCommandLine(args, { stdout, stderr, env: { ...process.env, ...env }, now: () => new Date() });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

/** A slow machine prints how long it still takes. */
export const exceptProgress = (stderr: string): string =>
  stderr.replace(/^shadow-gate: .*(?: left|longer than expected)\n/gm, '');

class Collector extends Writable {
  readonly #chunks: Buffer[] = [];

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString();
  }
}
