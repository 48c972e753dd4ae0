// The language model on this machine: prefill, scoring, decoding, start-up and memory, beside the machine's float32
// matrix rate, in one run. Usage: npm run bench:lm [-- --device cpu|webgpu|cuda] [--dtype F32|BF16] [--size 120M|550M]
// [--held float32|as-stored] [--start-only] [--family llama|hybrid] [--profile PATH]
//
// The model is Llama-shaped or, with --family hybrid, Qwen3.5-shaped, with random weights that this script writes itself.
// All times are medians of five. With --profile and a checkpoint with a tokenizer, only where the time of the built-in suite goes.
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { importSources } from '../run/import-sources.mjs';
import { profileSuite } from './lm-profile.mjs';
import { SHAPES, writeModel } from './random-model.mjs';

const { values } = parseArgs({
  options: {
    device: { type: 'string', default: 'cpu' },
    dtype: { type: 'string', default: 'F32' },
    size: { type: 'string', default: '120M' },
    held: { type: 'string' },
    family: { type: 'string', default: 'llama' },
    'start-only': { type: 'boolean', default: false },
    profile: { type: 'string' },
  },
});
const REPEATS = 5;
const SHAPE = SHAPES[values.family][values.size];

const folder = await mkdtemp(join(tmpdir(), 'shadow-gate-bench-'));
try {
  const { OnnxEngine, openReference, gemmRate, chooseModelDevice } = await importSources({
    OnnxEngine: 'src/language-model/runtime/onnx-engine.ts',
    openReference: 'src/checkpoint/open.ts',
    gemmRate: 'scripts/bench/gemm-rate.ts',
    chooseModelDevice: 'src/onnx/device.ts',
  });
  const device = await chooseModelDevice(values.device);
  if (values.profile !== undefined) {
    console.log(`float32 matrix product: ${((await gemmRate(device)) / 1e9).toFixed(0)} GFLOP/s`);
    await profileSuite(values.profile, values.device);
    process.exit();
  }
  const parameters = await writeModel(join(folder, 'model'), values.size, values.dtype, values.family);
  const baseline = process.memoryUsage.rss();
  const rate = await gemmRate(device);
  console.log(
    `${cpus()[0]?.model.trim()}, ${availableParallelism()} threads, device ${device.name} (${device.reason}), Node ${process.version}`,
  );
  console.log(`model: ${values.family}, ${(parameters.all / 1e6).toFixed(0)} M parameters, ${values.dtype}`);
  console.log(`float32 matrix product: ${(rate / 1e9).toFixed(0)} GFLOP/s`);

  let plan = null;
  const before = performance.now();
  const engine = await OnnxEngine.open(await openReference(join(folder, 'model')), {
    device,
    onPlan: (planned) => {
      plan = planned;
    },
    ...(values.held === undefined ? {} : { held: values.held }),
  });
  await engine.score([{ context: tokens(1), continuation: [7] }]);
  const start = performance.now() - before;

  if (!values['start-only']) {
    await prefilling(engine, parameters, rate);
    await scoring(engine);
    await decoding(engine);
  }
  console.log(`start-up, including the first answer: ${(start / 1000).toFixed(2)} s`);
  const peak = process.resourceUsage().maxRSS * 1024;
  console.log(
    `peak memory: ${mib(peak)} MiB, ${mib(baseline)} MiB of it before the start; weights in float32: ${mib(parameters.all * 4)} MiB`,
  );
  if (plan !== null) console.log(`GPU memory: ${mib(plan.total)} MiB planned, ${takenOf(plan.free)} taken`);
  await engine.close();
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Memory of the GPU that is no longer free; the allocators keep what they had at their peak. */
function takenOf(freeBefore) {
  const query = ['--query-gpu=memory.free', '--format=csv,noheader,nounits'];
  const { stdout } = spawnSync('nvidia-smi', query, { encoding: 'utf8' });
  const free = Math.max(...(stdout ?? '').split('\n').map((line) => Number.parseInt(line, 10) || 0));
  return free > 0 ? `${mib(freeBefore - free * 2 ** 20)} MiB` : 'unknown';
}

async function prefilling(engine, parameters, rate) {
  for (const [batch, length] of [
    [1, 256],
    [16, 256],
  ]) {
    const sequences = Array.from({ length: batch }, () => ({ context: tokens(length), continuation: [7] }));
    const seconds = await median(() => engine.score(sequences));
    // The last layer's output projection and MLP run for the scored positions only: they are not counted.
    const share = (2 * (parameters.layers - parameters.rowsOnly) * batch * length) / seconds / rate;
    const speed = (batch * length) / seconds;
    console.log(
      `prefill ${batch} × ${length}: ${speed.toFixed(0)} tokens/s, ${(100 * share).toFixed(0)}% of the matrix rate`,
    );
  }
}

/** Four choices of one token after 200 shared tokens, together and each on its own. */
async function scoring(engine) {
  const questions = Array.from({ length: 8 }, () => tokens(200));
  const choices = [11, 12, 13, 14];
  const all = questions.flatMap((context) => choices.map((token) => ({ context, continuation: [token] })));
  const together = await median(() => engine.score(all));
  // The same requests in separate calls, one choice of each question per call, so that only the batch is shared.
  const apart = await median(async () => {
    for (const token of choices) {
      await engine.score(questions.map((context) => ({ context, continuation: [token] })));
    }
  });
  console.log(
    `scoring 4 choices of 1 token after 200: ${(all.length / together).toFixed(1)} requests/s; independently ${(all.length / apart).toFixed(1)}; ${(apart / together).toFixed(1)} × as fast`,
  );
}

async function decoding(engine) {
  const prompt = { tokens: tokens(64), maxNewTokens: 64, stopTokens: new Set() };
  const first = await median(() => engine.generate([{ ...prompt, maxNewTokens: 1 }]));
  const alone = await median(() => engine.generate([prompt]));
  const eight = await median(() => engine.generate(Array.from({ length: 8 }, () => prompt)));
  console.log(
    `decoding: ${(63 / (alone - first)).toFixed(1)} tokens/s alone, ${((8 * 64) / eight).toFixed(1)} tokens/s of 8 together (prompts included)`,
  );
}

function tokens(count) {
  return Array.from({ length: count }, () => Math.floor(Math.random() * SHAPE.vocabulary));
}

async function median(work) {
  await work();
  const times = [];
  for (let i = 0; i < REPEATS; i += 1) {
    const before = performance.now();
    await work();
    times.push((performance.now() - before) / 1000);
  }
  return times.sort((a, b) => a - b)[Math.floor(REPEATS / 2)];
}

function mib(bytes) {
  return (bytes / 2 ** 20).toFixed(0);
}
