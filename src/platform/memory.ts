import os from 'node:os';

/** The memory of this machine, or the share of it that this process may use, in bytes. */
export function machineMemory(): number {
  const constrained = process.constrainedMemory();
  const total = os.totalmem();
  return constrained > 0 ? Math.min(constrained, total) : total;
}
