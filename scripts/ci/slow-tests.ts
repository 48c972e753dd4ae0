// The slow tests that a change can break. Usage: npx tsx scripts/ci/slow-tests.ts BASE, a commit that the change is
// compared with.
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readWorkspaces } from '../workspaces.ts';
import { affectedTests } from './affected.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const [base] = process.argv.slice(2);
if (base === undefined) throw new Error('slow-tests.ts BASE');
const changed = execFileSync('git', ['diff', '--name-only', `${base}...HEAD`], { cwd: root, encoding: 'utf8' });
const folders = affectedTests(changed.split('\n').filter(Boolean), readWorkspaces(root));
console.log(folders.length === 0 ? 'no slow test can change' : `slow tests of ${folders.join(', ')}`);
if (folders.length > 0) {
  // Whole paths: `test/` alone would match each package's tests too.
  const filters = folders.map((folder) => join(root, folder));
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const { status } = spawnSync(process.execPath, [vitest, 'run', '--passWithNoTests', ...filters], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, TEST_SLOW: '1' },
  });
  process.exitCode = status ?? 1;
}
