// The language model on this machine: prefill, scoring, decoding, start-up and memory, and the machine's float32 matrix
// rate in the same run. Usage: npm run bench:lm [-- --device cpu|webgpu|cuda] [--dtype F32|BF16] [--size 120M|550M|1B]
// [--held float32|as-stored] [--start-only] [--family llama|hybrid] [--profile PATH] [--checkpoint PATH] [--peer
// PYTHON] [--lengths 32,64] [--repeats 5]
//
// The model is Llama-shaped or, with --family hybrid, Qwen3.5-shaped, with random weights that this script writes
// itself, or --checkpoint, a Llama of yours. With --peer, a Python with torch and transformers, those do the same work
// in the same run (lm.py). All times are medians. With --profile and a checkpoint with a tokenizer, only where the time
// of the built-in suite goes.
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openReference } from '@shadow-gate/checkpoints';
import { chooseModelDevice } from '@shadow-gate/checkpoints/onnx';
import { OnnxEngine } from '@shadow-gate/language-model';
import type { Engine } from '@shadow-gate/language-model/engine';
import { at } from '@shadow-gate/platform';
import type { DevicePlan } from '../../packages/language-model/src/runtime/device-memory.ts';
import { parseDevice } from '../device-option.ts';
import { describeProcessor } from '../machine.ts';
import { type GemmMeter, openGemmMeter } from './gemm-rate.ts';
import { profileSuite } from './lm-profile.ts';
import { middle } from './middle.ts';
import { type Family, type Parameters, randomTokens, shapeOf, writeModel } from './random-model.ts';

const { values } = parseArgs({
  options: {
    device: { type: 'string', default: 'cpu' },
    dtype: { type: 'string', default: 'F32' },
    size: { type: 'string', default: '120M' },
    held: { type: 'string' },
    family: { type: 'string', default: 'llama' },
    'start-only': { type: 'boolean', default: false },
    profile: { type: 'string' },
    checkpoint: { type: 'string' },
    peer: { type: 'string' },
    lengths: { type: 'string', default: '32,64,128,256,512,1024,2048' },
    repeats: { type: 'string', default: '5' },
  },
});
const REPEATS = Number(values.repeats);
const FAMILY: Family = values.family === 'hybrid' ? 'hybrid' : 'llama';
const DTYPE = values.dtype === 'BF16' ? 'BF16' : 'F32';
const { vocabulary: VOCABULARY } = shapeOf(FAMILY, values.size);
const tokens = (count: number): number[] => randomTokens(count, VOCABULARY);
const LENGTHS = values.lengths.split(',').map(Number);
/** Sequences, and tokens of each. */
const PREFILLS: readonly (readonly [number, number])[] = [...LENGTHS.map((length) => [1, length] as const), [16, 256]];
const [PROMPT, NEW_TOKENS] = [64, 64];

const folder = await mkdtemp(join(tmpdir(), 'shadow-gate-bench-'));
try {
  const device = await chooseModelDevice(parseDevice(values.device));
  const meter = await openGemmMeter(device);
  if (values.profile !== undefined) {
    await profileSuite(values.profile, {
      device: parseDevice(values.device),
      meter,
      parameters: await parametersAt(values.profile),
    });
    process.exit();
  }
  const checkpoint = values.checkpoint ?? join(folder, 'model');
  const parameters =
    values.checkpoint === undefined
      ? await writeModel(checkpoint, { size: values.size, dtype: DTYPE, family: FAMILY })
      : await parametersAt(checkpoint);
  const baseline = process.memoryUsage.rss();
  const rate = await meter.rate();
  console.log(`${describeProcessor()}, device ${device.name} (${device.reason}), Node ${process.version}`);
  const name = values.checkpoint ?? `${FAMILY}, ${DTYPE}`;
  console.log(`model: ${name}, ${(parameters.all / 1e6).toFixed(0)} M parameters`);
  console.log(`float32 matrix product: ${(rate / 1e9).toFixed(0)} GFLOP/s`);

  const plans: DevicePlan[] = [];
  const before = performance.now();
  const engine = await OnnxEngine.open(await openReference(checkpoint), {
    device,
    onPlan: (plan) => plans.push(plan),
    ...(values.held === undefined ? {} : { held: values.held === 'float32' ? 'float32' : 'as-stored' }),
  });
  await engine.score([{ context: tokens(1), continuation: [7] }]);
  const start = performance.now() - before;

  if (!values['start-only']) {
    const prefills = await prefilling(engine, parameters, meter);
    await scoring(engine);
    const generated = await decoding(engine);
    if (values.peer !== undefined) comparePeer(values.peer, { checkpoint, prefills, generated });
  }
  console.log(`start-up, including the first answer: ${(start / 1000).toFixed(2)} s`);
  const peak = process.resourceUsage().maxRSS * 1024;
  console.log(
    `peak memory: ${mib(peak)} MiB, ${mib(baseline)} MiB of it before the start; weights in float32: ${mib(parameters.all * 4)} MiB`,
  );
  const plan = plans.at(-1);
  if (plan !== undefined) console.log(`GPU memory: ${mib(plan.total)} MiB planned, ${takenOf(plan.free)} taken`);
  await meter.close();
  await engine.close();
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Memory of the GPU that is no longer free; the allocators keep what they had at their peak. */
function takenOf(freeBefore: number): string {
  const query = ['--query-gpu=memory.free', '--format=csv,noheader,nounits'];
  const { stdout } = spawnSync('nvidia-smi', query, { encoding: 'utf8' });
  const free = Math.max(...(stdout ?? '').split('\n').map((line) => Number.parseInt(line, 10) || 0));
  return free > 0 ? `${mib(freeBefore - free * 2 ** 20)} MiB` : 'unknown';
}

/**
 * Seconds of each of `PREFILLS`. The matrix rate is measured between repetitions: other programs on the machine take
 * time from both.
 */
async function prefilling(engine: Engine, parameters: Parameters, meter: GemmMeter): Promise<number[]> {
  const times: number[] = [];
  for (const [batch, length] of PREFILLS) {
    const sequences = Array.from({ length: batch }, () => ({ context: tokens(length), continuation: [7] }));
    const rates: number[] = [];
    const seconds = await median(
      () => engine.score(sequences),
      async () => {
        rates.push(await meter.rate(2));
      },
    );
    times.push(seconds);
    const rate = middle(rates);
    // The last layer's output projection and MLP run for the scored positions only: they are not counted.
    const share = (2 * (parameters.layers - parameters.rowsOnly) * batch * length) / seconds / rate;
    const speed = (batch * length) / seconds;
    console.log(
      `prefill ${batch} × ${length}: ${speed.toFixed(0)} tokens/s, ${(100 * share).toFixed(0)}% of ${(rate / 1e9).toFixed(0)} GFLOP/s`,
    );
  }
  return times;
}

/** Four choices of one token after 200 shared tokens, together and each on its own. */
async function scoring(engine: Engine): Promise<void> {
  const questions = Array.from({ length: 8 }, () => tokens(200));
  const choices = [11, 12, 13, 14];
  const all = questions.flatMap((context) => choices.map((token) => ({ context, continuation: [token] })));
  const together = await median(() => engine.score(all));
  // The same requests in separate calls, one choice of each question per call: only the batch is shared.
  const apart = await median(async () => {
    for (const token of choices) {
      await engine.score(questions.map((context) => ({ context, continuation: [token] })));
    }
  });
  console.log(
    `scoring 4 choices of 1 token after 200: ${(all.length / together).toFixed(1)} requests/s; independently ${(all.length / apart).toFixed(1)}; ${(apart / together).toFixed(1)} × as fast`,
  );
}

/** Seconds for one prompt and for eight, and the new tokens of the eight. */
interface Decoded {
  readonly prompts: readonly (readonly number[])[];
  readonly one: number;
  readonly eight: number;
  readonly texts: readonly (readonly number[])[];
}

async function decoding(engine: Engine): Promise<Decoded> {
  const prompts = Array.from({ length: 8 }, () => tokens(PROMPT));
  const generate = (chosen: readonly (readonly number[])[], maxNewTokens = NEW_TOKENS) =>
    engine.generate(chosen.map((own) => ({ tokens: own, maxNewTokens, stopTokens: new Set<number>() })));
  const first = await median(() => generate(prompts.slice(0, 1), 1));
  const one = await median(() => generate(prompts.slice(0, 1)));
  const eight = await median(() => generate(prompts));
  console.log(
    `decoding: ${((NEW_TOKENS - 1) / (one - first)).toFixed(1)} tokens/s alone, ${((8 * NEW_TOKENS) / eight).toFixed(1)} tokens/s of 8 together (prompts included)`,
  );
  return { prompts, one, eight, texts: (await generate(prompts)).map(({ tokens: own }) => own) };
}

/** What lm.py prints. */
interface PeerTimes {
  readonly version: string;
  readonly prefill: readonly number[];
  readonly one: number;
  readonly eight: number;
  readonly texts: readonly (readonly number[])[];
}

function comparePeer(
  python: string,
  {
    checkpoint,
    prefills,
    generated: { prompts, one, eight, texts },
  }: { readonly checkpoint: string; readonly prefills: readonly number[]; readonly generated: Decoded },
): void {
  const threads = availableParallelism();
  const asked = { checkpoint, threads, repeats: REPEATS, prompts, newTokens: NEW_TOKENS, prefills: PREFILLS };
  const { stdout, stderr, status } = spawnSync(python, [fileURLToPath(new URL('lm.py', import.meta.url))], {
    input: JSON.stringify(asked),
    encoding: 'utf8',
    env: { ...process.env, OMP_NUM_THREADS: String(threads) },
  });
  if (status !== 0) throw new Error(`lm.py: ${stderr}`);
  const peer: PeerTimes = JSON.parse(stdout);
  console.log(`${peer.version}, float32, ${threads} threads: their time ÷ ours`);
  for (const [i, [batch, length]] of PREFILLS.entries()) {
    console.log(`  prefill ${batch} × ${length}: ${(at(peer.prefill, i) / at(prefills, i)).toFixed(2)}`);
  }
  const same = texts.filter((own, i) => own.join() === at(peer.texts, i).join()).length;
  console.log(
    `  generating ${NEW_TOKENS} tokens after ${PROMPT}: ${(peer.one / one).toFixed(2)} for one prompt (${peer.one.toFixed(2)} s), ${(peer.eight / eight).toFixed(2)} for eight (${peer.eight.toFixed(2)} s); ${same} of 8 texts equal`,
  );
}

/** What `writeModel` returns, for a Llama that is there already. */
async function parametersAt(checkpoint: string): Promise<Parameters> {
  const { tensors } = await openReference(checkpoint);
  const sizes = [...tensors.values()].map(({ name, shape }) => ({ name, size: shape.reduce((a, b) => a * b, 1) }));
  const sum = (pattern: RegExp) => sizes.reduce((all, { name, size }) => all + (pattern.test(name) ? size : 0), 0);
  const last = Math.max(...sizes.map(({ name }) => Number(/\.layers\.(\d+)\./.exec(name)?.[1] ?? 0)));
  return {
    all: sum(/./),
    layers: sum(/\.layers\..*(proj|fc)[^.]*\.weight$/),
    output: sum(/^lm_head\.weight$/) || sum(/\bembed_tokens\.weight$/),
    rowsOnly: sum(new RegExp(`\\.layers\\.${last}\\.(mlp\\.|self_attn\\.o_proj)`)),
  };
}

async function median(work: () => Promise<unknown>, between = async () => {}): Promise<number> {
  await work();
  const times: number[] = [];
  for (let i = 0; i < REPEATS; i += 1) {
    const before = performance.now();
    await work();
    times.push((performance.now() - before) / 1000);
    await between();
  }
  return middle(times);
}

function mib(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}
