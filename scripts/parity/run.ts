// How far the newest releases of libraries are from what this project does itself: "N of M the same" for each, over our
// own cases. The day one reaches all of them, a decision record says when to move. Usage: npm run parity [-- --only
// tokenizers,jinja --keep DIR]
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { LIBRARIES, type Tally } from './libraries.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { values } = parseArgs({
  options: { only: { type: 'string' }, keep: { type: 'string' } },
});
const wanted = values.only?.split(',');
const folder = values.keep ?? mkdtempSync(join(tmpdir(), 'parity-'));
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
const lines = ['| library | version | cases | the same |', '| --- | --- | --- | --- |'];
try {
  for (const { name, packages, decision } of LIBRARIES) {
    if (wanted && !wanted.includes(name)) continue;
    run(
      'npm',
      ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...packages.map((own) => `${own}@latest`)],
      folder,
    );
    const version = versionOf(packages[0] ?? name);
    for (const { what, same, all } of talliesOf(name)) {
      console.log(`${name} ${version}, ${what}: ${same} of ${all} the same`);
      lines.push(`| ${name} | ${version} | ${what} | ${same} of ${all} |`);
      if (same === all) console.log(`::notice::${name} ${version} does all of "${what}" as we do: see ${decision}`);
    }
  }
} finally {
  if (values.keep === undefined) rmSync(folder, { recursive: true, force: true });
}
const summary = process.env.GITHUB_STEP_SUMMARY;
if (summary !== undefined && summary !== '') appendFileSync(summary, `${lines.join('\n')}\n`);

/** In a process of its own: a library may hold it open. */
function talliesOf(name: string): Tally[] {
  const out = join(folder, `${name}.json`);
  rmSync(out, { force: true });
  run(process.execPath, ['--import', 'tsx', join(root, 'scripts/parity/one.ts'), name, folder, out], root);
  return JSON.parse(readFileSync(out, 'utf8'));
}

function versionOf(name: string): string {
  return JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')).version;
}

function run(command: string, args: readonly string[], cwd: string): void {
  const { status, stderr, signal } = spawnSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${status ?? signal}\n${stderr.slice(-2000)}`);
}
