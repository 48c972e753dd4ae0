// What the gate says about adapters: measure the base once, then each adapter, and compare. Usage: npx tsx
// study/measure.ts NAME… --model BASE --out OUT --results study/results/MODEL [--suite benchmark|group|builtin] [--cli
// dist/cli.js] A measurement that exists is not made again (delete OUT/gate/SUITE to begin anew); every comparison is.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { serializeReport } from '../src/report/json.ts';
import type { AdapterResult, GateReport, Truth } from './results.ts';

/**
 * The policy of each suite: the defaults, and what is asked. `held-out.csv` are other items of the same two subjects.
 */
const POLICIES: Readonly<Record<string, string>> = {
  benchmark: 'probes: [benchmark.csv]\n',
  group: 'probes: [benchmark.csv, { file: held-out.csv, twins-of: benchmark.csv }]\n',
  builtin: 'probes: [builtin]\n',
};

/** Keys of a report that the tables are made of: no prompts, and none of the answers. */
const KEPT = [
  'rows',
  'transfer',
  'retention',
  'kinds',
  'labels',
  'kept',
  'robustness',
  'churn',
  'memorization',
  'levels',
] as const;

const root = fileURLToPath(new URL('..', import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string' },
    out: { type: 'string' },
    suite: { type: 'string', default: 'benchmark' },
    cli: { type: 'string', default: join(root, 'dist/cli.js') },
    results: { type: 'string', default: '' },
  },
});
const { model = '', out = '', suite, cli, results } = values;
const policyText = POLICIES[suite];
if (model === '' || out === '' || results === '' || policyText === undefined || positionals.length === 0) {
  console.error(
    'study/measure.ts NAME… --model BASE --out OUT --results study/results/MODEL [--suite benchmark|group|builtin]',
  );
  process.exit(2);
}

const folder = join(out, 'gate', suite);
mkdirSync(folder, { recursive: true });
mkdirSync(results, { recursive: true });
const policy = join(out, `policy-${suite}.yml`);
writeFileSync(policy, policyText);
const common = ['--policy', policy, '--only', 'probes'];
const baseline = join(folder, 'base.json');
if (!existsSync(baseline)) run(['measure', '--checkpoint', model, ...common, '--out', baseline]);
for (const name of positionals) {
  const report = judged(name);
  const path = join(results, `${name}.json`);
  const before: Partial<AdapterResult> = existsSync(path) ? read(path) : {};
  const gate = { ...before.gate, [suite]: report };
  const result = { training: read(join(out, 'adapters', name, 'training.json')), truth: truthOf(name), gate };
  writeFileSync(path, `${JSON.stringify(result, null, 2)}\n`);
  console.log(`${name} ${suite}: ${report.verdict}`);
}
writeFileSync(join(results, 'base.json'), `${JSON.stringify({ truth: truthOf('base') }, null, 2)}\n`);

function judged(name: string): GateReport {
  const to = join(folder, name);
  const measurement = join(to, 'measurement.json');
  if (existsSync(measurement)) run(['compare', measurement, baseline, '--policy', policy, '--out', to]);
  else {
    const checkpoint = ['--checkpoint', join(out, 'adapters', name), '--reference', model];
    run(['check', ...checkpoint, '--baseline', baseline, ...common, '--out', to]);
  }
  const { tool, verdict, reasons, probes }: ReturnType<typeof serializeReport> = read(join(to, 'report.json'));
  const { comparison } = probes ?? {};
  return {
    version: tool.version,
    verdict,
    reasons: reasons.map(({ level, message, details }) => ({ level, kind: details.kind, message })),
    asked: probes?.asked,
    ...Object.fromEntries(KEPT.filter((key) => comparison?.[key] !== undefined).map((key) => [key, comparison?.[key]])),
  };
}

/** Exit codes 1 and 3 are verdicts. */
function run(args: readonly string[]): void {
  const { status, stderr } = spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8', cwd: root });
  if (status === null || ![0, 1, 3].includes(status)) throw new Error(`shadow-gate ${args.join(' ')}\n${stderr}`);
}

function truthOf(name: string): Truth | null {
  const path = join(out, 'truth', `${name}.json`);
  return existsSync(path) ? read(path) : null;
}

/** What a stage before this one wrote. */
function read<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8'));
}
