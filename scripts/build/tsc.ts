import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Run the TypeScript compiler of the repository at `root`. @throws Error if it fails; what it prints is shown */
export function tsc(root: string, ...args: readonly string[]): void {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [compiler, ...args], { cwd: root, stdio: 'inherit' });
}
