import type { BigIntStats } from 'node:fs';
import { type FileHandle, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Identifies a file and its contents: another file at the path, or a write, changes it. Times are in nanoseconds. */
export interface FileState {
  readonly device: bigint;
  readonly inode: bigint;
  readonly size: bigint;
  readonly modified: bigint;
  /** Unlike `modified`, a program cannot set it back. */
  readonly changed: bigint;
}

/** Two writes within one tick of the system's clock (10 ms at 100 Hz) leave the same times. */
const CLOCK_TICK_MILLISECONDS = 20;

/** The state of a file before it is read. Waits for a clock tick after a recent write, so that later ones are seen. */
export async function stateBeforeReading(file: string | FileHandle): Promise<FileState> {
  const read = async () =>
    stateOf(typeof file === 'string' ? await stat(file, { bigint: true }) : await file.stat({ bigint: true }));
  const state = await read();
  const age = Date.now() - Number(state.changed / 1_000_000n);
  if (age > CLOCK_TICK_MILLISECONDS) return state;
  await sleep(CLOCK_TICK_MILLISECONDS);
  return read();
}

/** @returns null if there is no file at the path */
export async function fileStateAt(path: string): Promise<FileState | null> {
  return stat(path, { bigint: true }).then(stateOf, () => null);
}

function stateOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): FileState {
  return { device: dev, inode: ino, size, modified: mtimeNs, changed: ctimeNs };
}

export function isSameFile(one: FileState, other: FileState): boolean {
  return one.device === other.device && one.inode === other.inode && one.size === other.size;
}

export function isUnchanged(one: FileState, other: FileState): boolean {
  return isSameFile(one, other) && one.modified === other.modified && one.changed === other.changed;
}
