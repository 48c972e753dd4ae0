import { spawnSync } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';

/** Which processor, versions and day the numbers of a benchmark are of. */
export function describeMachine(): string {
  return [
    describeProcessor(),
    `Node ${process.version}`,
    `Shadow Gate ${outputOf('git', 'describe', '--always', '--dirty') ?? 'of no commit'}`,
    new Date().toISOString().slice(0, 10),
  ].join(' · ');
}

/** The processor, and the threads that this process may use. */
export function describeProcessor(): string {
  return `${cpus()[0]?.model.trim()}, ${availableParallelism()} threads`;
}

/** What a command prints, in one line; null if it prints nothing or cannot run. */
export function outputOf(command: string, ...args: string[]): string | null {
  return spawnSync(command, args, { encoding: 'utf8' }).stdout?.trim().replaceAll('\n', '; ') || null;
}
