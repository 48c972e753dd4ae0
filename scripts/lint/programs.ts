// Runs the linters of workflows that npm does not have, and names those that this machine does not have either;
// .github/workflows/ci.yml installs both. Usage: npx tsx scripts/lint/programs.ts [WORKFLOW…]
//
// - zizmor finds what an attacker could use. What it may overlook: .github/zizmor.yml.
// - actionlint runs in workflows.ts too; this one is newer, and asks shellcheck about the scripts of steps.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const given = process.argv.slice(2);
const root = fileURLToPath(new URL('../..', import.meta.url));
const workflowsIn = (folder: string) => readdirSync(`${root}/${folder}`).map((name) => `${root}/${folder}/${name}`);
const workflows =
  given.length > 0 ? given : ['.github/workflows', 'examples/workflows'].flatMap((folder) => workflowsIn(folder));
const others = given.length > 0 ? [] : [`${root}/action.yml`, `${root}/.github/dependabot.yml`];

const zizmor = ['--quiet', '--offline', '--persona', 'pedantic', '--config', `${root}/.github/zizmor.yml`];
run('zizmor', [...zizmor, ...workflows, ...others]);
run('actionlint', workflows);

function run(program: string, args: readonly string[]): void {
  const { error, status } = spawnSync(program, args, { stdio: 'inherit' });
  if (error === undefined) process.exitCode = status === 0 ? (process.exitCode ?? 0) : 1;
  else if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  else console.log(`skipped: ${program} is not installed`);
}
