// Spectra of some layers of a large model through the command line: time, bytes of checkpoint per second, peak memory,
// error of the ETA, and an extrapolation to the whole model. Needs `script` of util-linux and GNU time. Part of `npm
// run bench:spectra -- --model 7b`.
import { execFile, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { at } from '@shadow-gate/platform';
import type { MethodChoice } from '@shadow-gate/spectra';
import { safetensorsHeader } from './safetensors-file.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Llama 2: hidden size, MLP size, layers, vocabulary. */
interface ModelShape {
  readonly hidden: number;
  readonly mlp: number;
  readonly layers: number;
  readonly vocabulary: number;
}
const MODELS: Readonly<Record<string, ModelShape>> = {
  '7b': { hidden: 4096, mlp: 11008, layers: 32, vocabulary: 32000 },
};

/** A name, rows and columns. */
type NamedMatrix = readonly [string, number, number];

/** The matrices of all layers, and those outside the layers. */
const BLOCKS = 'model.layers.*';
const ENDS = '{model.embed_tokens,lm_head}.weight';

/** @param layers number of layers to measure; embeddings and lm_head are measured too, but only with the fast method */
export async function benchModel(name: string, layers: number): Promise<void> {
  const model = MODELS[name];
  if (!model) throw new Error(`unknown model ${name}: use ${Object.keys(MODELS).join(' or ')}`);
  const folder = await mkdtemp(join(tmpdir(), 'bench-model-'));
  const dist = join(root, 'out', `bench-model-${process.pid}`);
  try {
    // Built from the current sources: dist/ may be older.
    await promisify(execFile)(process.execPath, [
      ...process.execArgv,
      join(root, 'scripts/build.ts'),
      '--outdir',
      dist,
    ]);
    const ends: NamedMatrix[] = [
      ['model.embed_tokens.weight', model.vocabulary, model.hidden],
      ['lm_head.weight', model.vocabulary, model.hidden],
    ];
    const blocks = Array.from({ length: layers }, (_, layer) => blockOf(layer, model)).flat();
    const checkpoint = await writeModel(join(folder, 'model'), [...blocks, ...ends]);
    console.log(
      `${name}: ${layers} of ${model.layers} layers, embeddings and lm_head, bfloat16, ${(checkpoint.bytes / 1e9).toFixed(2)} GB`,
    );
    await benchMethods(
      { cli: join(dist, 'cli.js'), checkpoint, folder },
      bytesOf(blocks),
      bytesOf(ends),
      model.layers / layers,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
    await rm(dist, { recursive: true, force: true });
  }
}

interface Written {
  /** The folder, and the file of its weights. */
  readonly path: string;
  readonly file: string;
  /** Size of the weights. */
  readonly bytes: number;
  /** Where each tensor begins in the file. */
  readonly offsets: readonly number[];
}

interface Bench {
  readonly cli: string;
  readonly checkpoint: Written;
  readonly folder: string;
}

interface Eta {
  /** Matrices that were done when it was shown. */
  readonly done: string;
  readonly seconds: number;
}

interface Run {
  readonly seconds: number;
  readonly mebibytes: number;
  /** Each ETA that was shown, and the seconds after the start when it was. */
  readonly etas: readonly (Eta & { readonly at: number })[];
}

interface Measurement {
  readonly method: MethodChoice;
  /** Which tensors. */
  readonly glob: string;
  readonly store?: string;
}

/** @param times the model's number of layers ÷ the number that is measured */
async function benchMethods(bench: Bench, blockBytes: number, endBytes: number, times: number): Promise<void> {
  const store = join(bench.folder, 'store');
  const whole = (label: string, seconds: number, bytes: number) =>
    console.log(`  ${label}, extrapolated: ${(seconds / 60).toFixed(1)} min, ${speed(bytes, seconds)}`);
  const fast = await measure(bench, { method: 'fast', glob: BLOCKS, store });
  print('fast, layers', fast, blockBytes);
  print('  again, from the store', await measure(bench, { method: 'fast', glob: BLOCKS, store }), blockBytes);
  await changeTensors(bench.checkpoint, 3);
  print('  after 3 tensors changed', await measure(bench, { method: 'fast', glob: BLOCKS, store }), blockBytes);
  const ends = await measure(bench, { method: 'fast', glob: ENDS });
  print('fast, embeddings and lm_head', ends, endBytes);
  whole('fast, all layers, embeddings and lm_head', times * fast.seconds + ends.seconds, times * blockBytes + endBytes);
  const exact = await measure(bench, { method: 'exact', glob: BLOCKS });
  print('exact, layers', exact, blockBytes);
  whole('exact, all layers', times * exact.seconds, times * blockBytes);
}

function print(label: string, run: Run, bytes: number): void {
  console.log(
    `  ${label.padEnd(30)}${run.seconds.toFixed(1).padStart(7)} s, ${speed(bytes, run.seconds)}, peak ${run.mebibytes.toFixed(0)} MiB; ${etaError(run)}`,
  );
}

const speed = (bytes: number, seconds: number): string => `${(bytes / 1e9 / seconds).toFixed(3)} GB/s`;

const bytesOf = (matrices: readonly NamedMatrix[]): number => matrices.reduce((sum, [, m, n]) => sum + 2 * m * n, 0);

function blockOf(layer: number, { hidden, mlp }: ModelShape): NamedMatrix[] {
  const at = `model.layers.${layer}`;
  return [
    ...['q_proj', 'k_proj', 'v_proj', 'o_proj'].map(
      (name): NamedMatrix => [`${at}.self_attn.${name}.weight`, hidden, hidden],
    ),
    ...['gate_proj', 'up_proj'].map((name): NamedMatrix => [`${at}.mlp.${name}.weight`, mlp, hidden]),
    [`${at}.mlp.down_proj.weight`, hidden, mlp],
  ];
}

/** Random bfloat16 weights whose columns decay: the spectrum has a head and a tail. */
async function writeModel(folder: string, matrices: readonly NamedMatrix[]): Promise<Written> {
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, 'config.json'),
    JSON.stringify({ model_type: 'llama', architectures: ['LlamaForCausalLM'] }),
  );
  const shapes = matrices.map(([name, m, n]) => ({ name, dtype: 'BF16', shape: [m, n] }) as const);
  const { bytes, offsets, end } = safetensorsHeader(shapes);
  const path = join(folder, 'model.safetensors');
  const file = createWriteStream(path);
  const write = (chunk: Buffer) =>
    new Promise<void>((resolve, reject) => file.write(chunk, (error) => (error ? reject(error) : resolve())));
  await write(bytes);
  let state = 1;
  for (const [, m, n] of matrices) {
    const scales = Float32Array.from({ length: n }, (_, column) => (column + 1) ** -0.4 / 64);
    for (let row = 0; row < m; row += 64) {
      const count = Math.min(64, m - row) * n;
      const values = new Float32Array(count);
      for (let i = 0; i < count; i += 1) {
        state = (Math.imul(state, 1664525) + 1013904223) | 0;
        values[i] = (state / 2 ** 31) * at(scales, i % n);
      }
      const bits = new Uint32Array(values.buffer);
      await write(Buffer.from(Uint16Array.from(bits, (word) => word >>> 16).buffer));
    }
  }
  await new Promise<void>((resolve) => file.end(resolve));
  return { path: folder, file: path, bytes: end - bytes.length, offsets };
}

/**
 * Run the built command line as a user sees it: in a terminal, which `script` of util-linux emulates, with GNU time for
 * its peak memory.
 */
async function measure({ cli, checkpoint, folder }: Bench, { method, glob, store = 'off' }: Measurement): Promise<Run> {
  const args = [
    'spectra',
    '--checkpoint',
    checkpoint.path,
    '--tensor',
    glob,
    '--method',
    method,
    '--json',
    '--device',
    'cpu',
  ];
  const rss = join(folder, 'rss');
  const command = ['/usr/bin/env', 'time', '-f', '%M', '-o', rss, process.execPath, cli, ...args].map(quoted).join(' ');
  const started = performance.now();
  const elapsed = () => (performance.now() - started) / 1000;
  const child = spawn('script', ['-qefc', `${command} > ${quoted(join(folder, 'spectra.json'))}`, '/dev/null'], {
    env: { ...process.env, SHADOW_GATE_CACHE: store },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  const etas: (Eta & { readonly at: number })[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    const shown = lastEta(text);
    // The bar is drawn again between two matrices, with the same ETA.
    if (shown && shown.done !== etas.at(-1)?.done) etas.push({ ...shown, at: elapsed() });
  });
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`exit code ${code}: ${output}`);
  const mebibytes = Number((await readFile(rss, 'utf8')).trim()) / 1024;
  return { seconds: elapsed(), mebibytes, etas };
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The ETA of the last progress bar in some output. */
function lastEta(text: string): Eta | null {
  const bars = [...text.matchAll(/(\d+)\/\d+ [^\r\n]*?, (?:(\d+) min )?([\d.]+) s left/g)];
  const [, done, minutes = 0, seconds] = bars.at(-1) ?? [];
  return done === undefined ? null : { done, seconds: 60 * Number(minutes) + Number(seconds) };
}

/** ETAs are judged after this share of the time: at the very start no estimate is good. */
const SETTLED = 0.1;

/** How far elapsed time + ETA was from the true total, relative to that. */
function etaError({ seconds: total, etas }: Run): string {
  const errors = etas
    .filter(({ at }) => at >= SETTLED * total)
    .map(({ at, seconds }) => Math.abs((at + seconds) / total - 1));
  if (errors.length === 0) return 'no ETA was shown';
  const percent = (share: number) => `${(100 * share).toFixed(0)}%`;
  const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  return `ETA off by ${percent(mean)} of the total on average, ${percent(Math.max(...errors))} at most (${errors.length} ETAs after the first ${percent(SETTLED)})`;
}

/** Change the first number of each of the first tensors. */
async function changeTensors({ file, offsets }: Written, count: number): Promise<void> {
  const handle = await open(file, 'r+');
  for (const offset of offsets.slice(0, count)) await handle.write(ONE, 0, ONE.length, offset);
  await handle.close();
}

/** 1 in bfloat16. */
const ONE = Buffer.from([0x80, 0x3f]);
