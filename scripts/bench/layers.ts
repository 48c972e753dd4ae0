// A model that is larger than memory, layer by layer: time, bytes read and peak memory of a pass over all weights with
// 40 probes, and of some new tokens. Usage: npx tsx scripts/bench/layers.ts [--size 8B] [--memory 6GB]
// [--probes 40] [--tokens 60] [--new-tokens 2] [--folder DIR] [--cold]
//
// The model is Llama-shaped in bfloat16, with random weights of which large ones repeat; --folder keeps it for the next
// run (16 GB for 8B). A probe is a question of so many tokens with four choices of one. --cold drops its file from the
// page cache first (needs vmtouch or root). The measured process is a child: this one looks at its memory.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openReference } from '@shadow-gate/checkpoints';
import type { Device } from '@shadow-gate/checkpoints/onnx';
import { OnnxEngine } from '@shadow-gate/language-model';
import { parseMemory } from '@shadow-gate/platform/memory';
import { describeProcessor } from '../machine.ts';
import { gemmRate } from './gemm-rate.ts';
import { shapeOf, writeModel } from './random-model.ts';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '8B' },
    memory: { type: 'string', default: '6GB' },
    probes: { type: 'string', default: '40' },
    tokens: { type: 'string', default: '60' },
    'new-tokens': { type: 'string', default: '2' },
    folder: { type: 'string' },
    cold: { type: 'boolean', default: false },
    child: { type: 'boolean', default: false },
  },
});

if (values.child) {
  if (values.folder === undefined) throw new Error('--child needs --folder');
  await measure(values.folder);
} else {
  const folder = values.folder ?? (await mkdtemp(join(tmpdir(), 'shadow-gate-bench-')));
  try {
    const model = join(folder, 'model');
    if (!existsSync(join(model, 'config.json'))) await writeModel(model, { size: values.size, dtype: 'BF16' });
    const { size } = await stat(join(model, 'model.safetensors'));
    console.log(`${describeProcessor()}, Node ${process.version}`);
    console.log(`model: ${values.size}, ${(size / 1e9).toFixed(1)} GB in bfloat16, --max-memory ${values.memory}`);
    if (values.cold) dropFromCache(join(model, 'model.safetensors'));
    await watch(model);
  } finally {
    if (values.folder === undefined) await rm(folder, { recursive: true, force: true });
  }
}

/** Run the measured process, and look at its memory every fifth of a second. */
async function watch(model: string): Promise<void> {
  const options = (['size', 'memory', 'probes', 'tokens', 'new-tokens'] as const).flatMap((name) => [
    `--${name}`,
    values[name],
  ]);
  const child = spawn(
    process.execPath,
    [...process.execArgv, fileURLToPath(import.meta.url), '--child', '--folder', model, ...options],
    { stdio: 'inherit' },
  );
  const peak = { anonymous: 0, all: 0 };
  const timer = setInterval(() => {
    const status = existsSync(`/proc/${child.pid}/status`) ? readFileSync(`/proc/${child.pid}/status`, 'utf8') : '';
    const kibibytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
    peak.anonymous = Math.max(peak.anonymous, kibibytes('RssAnon'));
    peak.all = Math.max(peak.all, kibibytes('VmRSS'));
  }, 200);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearInterval(timer);
  const gb = (kibibytes: number) => ((kibibytes * 1024) / 1e9).toFixed(2);
  console.log(
    `peak memory: ${gb(peak.anonymous)} GB; ${gb(peak.all)} GB with what is mapped of files, which the system can take back`,
  );
  if (code !== 0) process.exitCode = 1;
}

async function measure(model: string): Promise<void> {
  const device: Device = { name: 'cpu', reason: 'benchmark' };
  console.log(`float32 matrix product: ${((await gemmRate(device)) / 1e9).toFixed(0)} GFLOP/s`);
  const memoryLimit = parseMemory(values.memory);
  if (memoryLimit === null) throw new Error(`--memory ${values.memory} is not an amount of memory`);
  const engine = await OnnxEngine.open(await openReference(model), { device, memoryLimit });
  console.log(`runs ${engine.execution}`);
  if (engine.execution !== 'whole') {
    const { read, open, perToken } = await engine.passCost();
    console.log(
      `a pass, from one layer: ${read.toFixed(1)} s to read, ${open.toFixed(1)} s to convert and pack, ${(perToken * 1000).toFixed(0)} ms for each token`,
    );
  }
  const { vocabulary } = shapeOf('llama', values.size);
  const tokens = (count: number) => Array.from({ length: count }, () => Math.floor(Math.random() * vocabulary));
  const questions = Array.from({ length: Number(values.probes) }, () => tokens(Number(values.tokens)));
  const choices = questions.flatMap((context) =>
    Array.from({ length: 4 }, () => ({ context, continuation: tokens(1) })),
  );
  const slots = questions.flat().length;
  await timed(`${questions.length} probes with four choices, ${slots} tokens`, () => engine.score(choices));
  const maxNewTokens = Number(values['new-tokens']);
  if (maxNewTokens > 0) {
    const prompts = questions.map((prompt) => ({ tokens: prompt, maxNewTokens, stopTokens: new Set<number>() }));
    await timed(`${maxNewTokens} new tokens after each of them`, () => engine.generate(prompts));
  }
  await engine.close();
}

async function timed(what: string, work: () => Promise<unknown>): Promise<void> {
  const [start, before] = [performance.now(), io()];
  await work();
  const after = io();
  const seconds = (performance.now() - start) / 1000;
  const gb = (name: string) => (((after[name] ?? 0) - (before[name] ?? 0)) / 1e9).toFixed(1);
  console.log(
    `${what}: ${seconds.toFixed(1)} s; ${gb('rchar')} GB read ahead, ${gb('read_bytes')} GB from the disk, ${gb('write_bytes')} GB written`,
  );
}

/** What this process has read: all, and what was not in the page cache. */
function io(): Readonly<Record<string, number>> {
  const text = existsSync('/proc/self/io') ? readFileSync('/proc/self/io', 'utf8') : '';
  return Object.fromEntries([...text.matchAll(/^(\w+): (\d+)$/gm)].map(([, name, count]) => [name, Number(count)]));
}

function dropFromCache(file: string): void {
  if (spawnSync('vmtouch', ['-e', file]).status === 0) return;
  try {
    spawnSync('sync');
    writeFileSync('/proc/sys/vm/drop_caches', '1');
  } catch {
    console.log('the page cache could not be dropped: times are with what is in it');
  }
}
