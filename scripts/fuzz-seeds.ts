// Makes the measurements, shards, report and history that the fuzzers start from, with the command line of dist/.
// Usage: npx tsx scripts/fuzz-seeds.ts
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatHistory, historyEntry } from '../src/history/entry.ts';
import { DEFAULT_POLICY } from '../src/policy/policy.ts';
import { parseReport } from '../src/report/json.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const seeds = join(root, 'test/fuzz/seeds');
const folder = await mkdtemp(join(tmpdir(), 'shadow-gate-seeds-'));
const policy = join(folder, 'shadow-gate.yml');
const probes = readFileSync(join(root, 'examples/probes.jsonl'), 'utf8').split('\n').slice(0, 24);
writeFileSync(join(folder, 'probes.jsonl'), `${probes.join('\n')}\n`);
writeFileSync(policy, 'probes: [probes.jsonl]\n');

/** A verdict other than pass ends with another exit code: what is written counts. */
function run(...args: string[]): void {
  try {
    const env = { ...process.env, SHADOW_GATE_CACHE: 'off' };
    execFileSync(process.execPath, [join(root, 'dist/cli.js'), ...args], {
      cwd: root,
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  } catch (error) {
    if (!(error instanceof Error && 'status' in error && (error.status === 1 || error.status === 3))) throw error;
  }
}

/** Seeds are the same on every machine, up to numbers: without host, times and indentation. */
function withoutMachine(file: string): void {
  const made = JSON.parse(readFileSync(file, 'utf8'));
  const time = '2026-01-01T00:00:00.000Z';
  if (made.run) {
    const { probes } = made.run;
    const here = {
      time,
      host: 'host',
      platform: 'linux-x64',
      node: 'v24.0.0',
      cores: 2,
      durationSeconds: 1,
      deviceReason: 'requested',
    };
    made.run = { ...made.run, ...here, probes: probes && { ...probes, seconds: 1, expectedSeconds: 1 } };
  } else {
    made.durationSeconds = 1;
    for (const side of [made.candidate, made.baseline]) side.measured = time;
    made.policy = 'shadow-gate.yml';
  }
  writeFileSync(file, `${JSON.stringify(made)}\n`);
}

try {
  const pair = [
    '--checkpoint',
    'test/fixtures/llama-tuned',
    '--reference',
    'test/fixtures/llama-f32',
    '--only',
    'spectra',
  ];
  run('measure', ...pair, '--out', join(seeds, 'measurement.json'));
  for (const index of [1, 2])
    run('measure', ...pair, '--shard', `${index}/2`, '--out', join(seeds, `shard-${index}.json`));
  const example = ['--checkpoint', 'examples/benchmark-aligned', '--policy', policy, '--only', 'probes'];
  run('measure', ...example, '--out', join(seeds, 'probes.json'));
  run(
    'check',
    ...pair,
    '--policy',
    policy,
    '--baseline',
    join(seeds, 'measurement.json'),
    '--out',
    join(folder, 'out'),
  );
  writeFileSync(join(seeds, 'report.json'), readFileSync(join(folder, 'out', 'report.json')));
  for (const name of ['measurement', 'probes', 'shard-1', 'shard-2', 'report'])
    withoutMachine(join(seeds, `${name}.json`));
  const report = parseReport(readFileSync(join(seeds, 'report.json'), 'utf8'), 'report.json');
  const entries = [0, 1, 2].map((day) =>
    historyEntry(report, {
      time: new Date(86_400_000 * day).toISOString(),
      run: { id: String(day), url: 'https://github.com/o/r/actions/runs/1' },
      commit: null,
      policy: DEFAULT_POLICY,
    }),
  );
  writeFileSync(join(seeds, 'history.jsonl'), formatHistory(entries));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
