// What can be checked on a machine with an NVIDIA GPU, in one run of ten minutes at most: each step of the set-up of
// CUDA, the golden set against transformers, and the benchmarks of language models and spectra. Usage: npm run gpu [--
// --device cpu]
//
// Libraries of CUDA that are missing are downloaded. At the end it prints a table for docs/lab-notes/gpu.md, and adds
// it to GITHUB_STEP_SUMMARY where that is set. The exit code is 0 only if the device was used and the golden set is
// right; a benchmark that the time did not suffice for is named in the table. `--device cpu` tries the command itself.
import { spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chooseModelDevice, configureCuda } from '@shadow-gate/checkpoints/onnx';
import { markdownTable } from 'markdown-table';
import { parseDevice } from './device-option.ts';
import { describeMachine, outputOf } from './machine.ts';

/** Milliseconds, all in all. */
const TIME = 10 * 60_000;

/** In the order of what matters. The golden set decides; times are for people. */
const PARTS = [
  { title: 'golden set', script: 'docs/golden.ts', args: ['--check'], decides: true },
  { title: '120 M, float32', script: 'bench/lm.ts', args: ['--lengths', '128,512,2048'], decides: false },
  {
    title: '1 B, bfloat16',
    script: 'bench/lm.ts',
    args: ['--size', '1B', '--dtype', 'BF16', '--lengths', '128,512,2048'],
    decides: false,
  },
  {
    title: 'spectra',
    script: 'bench/spectra.ts',
    args: ['--sizes', '4096x4096', '--kinds', 'heavy,flat', '--dtypes', 'bf16', '--rounds', '1'],
    decides: false,
  },
  {
    title: '1 B, bfloat16 held in float32',
    script: 'bench/lm.ts',
    args: ['--size', '1B', '--dtype', 'BF16', '--held', 'float32', '--lengths', '512'],
    decides: false,
  },
] as const;

const { values } = parseArgs({ options: { device: { type: 'string', default: 'cuda' } } });
const device = parseDevice(values.device);
const end = performance.now() + TIME;
/** For what the parts write: one that is stopped removes nothing. */
const folder = mkdtempSync(join(tmpdir(), 'shadow-gate-gpu-'));
const rows: (readonly [part: string, what: string, figure: string])[] = [];

configureCuda({
  libraries: { kind: 'download' },
  onStep: (step, outcome) => {
    console.log(`${step}: ${outcome}`);
    rows.push(['set-up', step, outcome]);
  },
  onNote: (line) => console.log(line),
  onUnusable: () => {},
  onDetail: (line) => console.log(line),
});
try {
  const { name, reason } = await chooseModelDevice(device);
  rows.push(['set-up', 'device', `${name} (${reason})`]);
  for (const part of PARTS) await run(part);
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error);
  console.error(reason);
  rows.push(['set-up', 'failed', reason]);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const table = `${machine()}\n\n${markdownTable([['part', 'what', 'figure'], ...rows.map((row) => row.map(cell))])}\n`;
console.log(`\n${table}`);
const { GITHUB_STEP_SUMMARY: summary } = process.env;
if (summary) appendFileSync(summary, table);

async function run({ title, script, args, decides }: (typeof PARTS)[number]): Promise<void> {
  console.log(`\n## ${title}\n`);
  const left = end - performance.now();
  const started = performance.now();
  const { code, lines } =
    left > 0 ? await scriptOutput(script, ['--device', device, ...args], left) : { code: null, lines: [] };
  const figures = lines.flatMap((line): [string, string, string][] => {
    const [, what, figure] = /^\s*(\S.*?)(?::\s|\s{2,})\s*(.+)$/.exec(line) ?? [];
    return what === undefined || figure === undefined || line.startsWith('|') ? [] : [[title, what, figure]];
  });
  const last = decides ? lines.findLast((line) => line.trim() !== '') : undefined;
  rows.push(...(last === undefined ? figures : [[title, 'result', last] as const]));
  const seconds = `${((performance.now() - started) / 1000).toFixed(0)} s`;
  const ends: Record<string, string> = {
    0: seconds,
    null: left > 0 ? `not finished after ${seconds}` : 'no time left',
  };
  rows.push([title, 'time', ends[String(code)] ?? `ended with ${code} after ${seconds}`]);
  if (code !== 0 && decides) process.exitCode = 1;
}

/** What a script says while it runs, shown too; the code is null if the time was over. */
function scriptOutput(
  script: string,
  args: readonly string[],
  timeout: number,
): Promise<{ readonly code: number | null; readonly lines: readonly string[] }> {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, [...process.execArgv, file, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: folder },
    timeout: Math.ceil(timeout),
    killSignal: 'SIGKILL',
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    process.stdout.write(piece);
    text += piece;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, lines: text.split('\n') }));
  });
}

/** Which card the numbers are of, and the rest of the machine. */
function machine(): string {
  const card = outputOf('nvidia-smi', '--query-gpu=name,memory.total,driver_version', '--format=csv,noheader');
  return `${card ?? 'no NVIDIA GPU'} · ${describeMachine()}`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');
}
