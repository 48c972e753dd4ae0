// What the gate measures of variants: the base once, then each variant with the same probes, all of them. Usage: npx
// tsx study/dose/measure.ts [NAME…] --model BASE --out OUT --python PYTHON [--suite builtin|hard] [--facts 360] [--cli
// dist/cli.js] Without names, all variants. A measurement that exists is not made again. A variant is written, measured
// and deleted.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string', default: '' },
    out: { type: 'string', default: '' },
    python: { type: 'string', default: 'python' },
    suite: { type: 'string', default: 'builtin' },
    facts: { type: 'string', default: '360' },
    cli: { type: 'string', default: join(root, 'dist/cli.js') },
  },
});
const { model, out, python, suite, facts, cli } = values;
const probes: Readonly<Record<string, string>> = { builtin: `{ file: builtin, facts: ${facts} }`, hard: 'hard.csv' };
const suiteText = probes[suite];
if (model === '' || out === '' || suiteText === undefined) {
  console.error(
    'study/dose/measure.ts [NAME…] --model BASE --out OUT [--python PYTHON] [--suite builtin|hard] [--facts 360]',
  );
  process.exit(2);
}

const folder = join(out, 'gate', suite);
mkdirSync(folder, { recursive: true });
const policy = join(out, `policy-${suite}.yml`);
writeFileSync(policy, `probes: [${suiteText}]\nsequential: off\n`);
const common = ['--policy', policy, '--only', 'probes', '--no-store'];
const base = join(folder, 'base.json');
if (!existsSync(base))
  gate(['measure', '--checkpoint', model, ...common, '--out', `${base}.partial`], `${base}.partial`, base);
const variants = join(root, 'study/dose/variants.py');
const names = positionals.length > 0 ? positionals : run(python, [variants, 'list']).trim().split('\n');
for (const name of names) {
  const path = join(folder, `${name}.json`);
  if (existsSync(path)) continue;
  const checkpoint = join(out, 'variant');
  const report = join(out, 'report');
  run(python, [variants, 'write', name, '--model', model, '--out', out, '--to', checkpoint]);
  const started = performance.now();
  gate(
    ['check', '--checkpoint', checkpoint, '--baseline', base, ...common, '--out', report],
    join(report, 'measurement.json'),
    path,
  );
  console.log(`${name} ${((performance.now() - started) / 1000).toFixed(0)} s`);
  rmSync(checkpoint, { recursive: true });
  rmSync(report, { recursive: true });
}

/** Exit codes 1 and 3 are verdicts. */
function gate(args: readonly string[], from: string, to: string): void {
  run(process.execPath, [cli, ...args], [0, 1, 3]);
  renameSync(from, to);
}

function run(command: string, args: readonly string[], statuses: readonly number[] = [0]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', cwd: root });
  if (status === null || !statuses.includes(status)) throw new Error(`${command} ${args.join(' ')}\n${stderr}`);
  return stdout;
}
