import type { Machine } from './machine.ts';

/** Without `-a`, modprobe takes the second name for a parameter of the first module. */
const MODPROBE = ['modprobe', '-a', 'nvidia', 'nvidia-uvm'] as const;

/** Makes /dev/nvidia0 and /dev/nvidia-uvm where no rule of the system does. */
const MAKE_NODES = ['nvidia-modprobe', '-c', '0', '-u'] as const;

/**
 * Load NVIDIA's kernel module, as far as this user may without a password: images of GPU runners often have the driver
 * and have not loaded it.
 * @returns what happened
 */
export async function loadKernelModule(machine: Machine): Promise<string> {
  const asRoot = ([program, ...args]: readonly [string, ...string[]]) =>
    machine.isRoot ? machine.run(program, args) : machine.run('sudo', ['-n', program, ...args]);
  if ((await asRoot(MODPROBE)) === null) return `${machine.isRoot ? '' : 'sudo -n '}${MODPROBE.join(' ')} failed`;
  const nodes = await Promise.all(['/dev/nvidia0', '/dev/nvidia-uvm'].map((path) => machine.files.has(path)));
  if (nodes.every(Boolean)) return 'loaded';
  return (await asRoot(MAKE_NODES)) === null
    ? 'loaded, and not all of its devices made'
    : 'loaded, and its devices made';
}
