import os from 'node:os';

/** Memory of this machine, or of the part of it that this process may use, in bytes. */
export function machineMemory(): number {
  const constrained = process.constrainedMemory();
  const total = os.totalmem();
  return constrained > 0 ? Math.min(constrained, total) : total;
}
