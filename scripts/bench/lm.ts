// The language model on this machine: prefill, scoring, decoding, start-up and memory, beside the machine's float32
// matrix rate, in one run. Usage: npm run bench:lm [-- --device cpu|webgpu|cuda] [--dtype F32|BF16] [--size 120M|550M|1B]
// [--held float32|as-stored] [--start-only] [--family llama|hybrid] [--profile PATH] [--checkpoint PATH]
// [--peer PYTHON] [--lengths 32,64] [--repeats 5]
//
// The model is Llama-shaped or, with --family hybrid, Qwen3.5-shaped, with random weights that this script writes itself, or
// --checkpoint, a Llama of yours. With --peer, a Python with torch and transformers, those do the same work in the same run (lm.py).
// All times are medians. With --profile and a checkpoint with a tokenizer, only where the time of the built-in suite goes.
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { importSources } from '../run/import-sources.ts';
import { PROFILED_SOURCES, profileSuite } from './lm-profile.ts';
import { SHAPES, writeModel } from './random-model.ts';

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
const SHAPE = SHAPES[values.family][values.size];
const LENGTHS = values.lengths.split(',').map(Number);
const PREFILLS = [...LENGTHS.map((length) => [1, length]), [16, 256]];
const [PROMPT, NEW_TOKENS] = [64, 64];

const folder = await mkdtemp(join(tmpdir(), 'shadow-gate-bench-'));
try {
  const { OnnxEngine, openReference, openGemmMeter, chooseModelDevice, ...profiled } = await importSources({
    ...PROFILED_SOURCES,
    OnnxEngine: 'src/language-model/runtime/onnx-engine.ts',
    openReference: 'src/checkpoint/open.ts',
    openGemmMeter: 'scripts/bench/gemm-rate.ts',
    chooseModelDevice: 'src/onnx/device.ts',
  });
  const device = await chooseModelDevice(values.device);
  const meter = await openGemmMeter(device);
  if (values.profile !== undefined) {
    console.log(`float32 matrix product: ${((await meter.rate()) / 1e9).toFixed(0)} GFLOP/s`);
    await profileSuite(profiled, values.profile, values.device);
    process.exit();
  }
  const checkpoint = values.checkpoint ?? join(folder, 'model');
  const parameters =
    values.checkpoint === undefined
      ? await writeModel(checkpoint, values.size, values.dtype, values.family)
      : parametersOf(await openReference(checkpoint));
  const baseline = process.memoryUsage.rss();
  const rate = await meter.rate();
  console.log(
    `${cpus()[0]?.model.trim()}, ${availableParallelism()} threads, device ${device.name} (${device.reason}), Node ${process.version}`,
  );
  const name = values.checkpoint ?? `${values.family}, ${values.dtype}`;
  console.log(`model: ${name}, ${(parameters.all / 1e6).toFixed(0)} M parameters`);
  console.log(`float32 matrix product: ${(rate / 1e9).toFixed(0)} GFLOP/s`);

  let plan = null;
  const before = performance.now();
  const engine = await OnnxEngine.open(await openReference(checkpoint), {
    device,
    onPlan: (planned) => {
      plan = planned;
    },
    ...(values.held === undefined ? {} : { held: values.held }),
  });
  await engine.score([{ context: tokens(1), continuation: [7] }]);
  const start = performance.now() - before;

  if (!values['start-only']) {
    const prefills = await prefilling(engine, parameters, meter);
    await scoring(engine);
    const generated = await decoding(engine);
    if (values.peer !== undefined) comparePeer(checkpoint, prefills, generated);
  }
  console.log(`start-up, including the first answer: ${(start / 1000).toFixed(2)} s`);
  const peak = process.resourceUsage().maxRSS * 1024;
  console.log(
    `peak memory: ${mib(peak)} MiB, ${mib(baseline)} MiB of it before the start; weights in float32: ${mib(parameters.all * 4)} MiB`,
  );
  if (plan !== null) console.log(`GPU memory: ${mib(plan.total)} MiB planned, ${takenOf(plan.free)} taken`);
  await meter.close();
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

/** Seconds of each of `PREFILLS`. The matrix rate is measured between repetitions: other programs on the machine take time from both. */
async function prefilling(engine, parameters, meter) {
  const times = [];
  for (const [batch, length] of PREFILLS) {
    const sequences = Array.from({ length: batch }, () => ({ context: tokens(length), continuation: [7] }));
    const rates = [];
    const seconds = await median(
      () => engine.score(sequences),
      async () => rates.push(await meter.rate(2)),
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

/** Seconds for one prompt and for eight, and the new tokens of the eight. */
async function decoding(engine) {
  const prompts = Array.from({ length: 8 }, () => tokens(PROMPT));
  const generate = (chosen, maxNewTokens = NEW_TOKENS) =>
    engine.generate(chosen.map((own) => ({ tokens: own, maxNewTokens, stopTokens: new Set() })));
  const first = await median(() => generate(prompts.slice(0, 1), 1));
  const one = await median(() => generate(prompts.slice(0, 1)));
  const eight = await median(() => generate(prompts));
  console.log(
    `decoding: ${((NEW_TOKENS - 1) / (one - first)).toFixed(1)} tokens/s alone, ${((8 * NEW_TOKENS) / eight).toFixed(1)} tokens/s of 8 together (prompts included)`,
  );
  return { prompts, one, eight, texts: (await generate(prompts)).map(({ tokens: own }) => own) };
}

function comparePeer(checkpoint, prefills, { prompts, one, eight, texts }) {
  const threads = availableParallelism();
  const asked = { checkpoint, threads, repeats: REPEATS, prompts, newTokens: NEW_TOKENS, prefills: PREFILLS };
  const { stdout, stderr, status } = spawnSync(values.peer, [fileURLToPath(new URL('lm.py', import.meta.url))], {
    input: JSON.stringify(asked),
    encoding: 'utf8',
    env: { ...process.env, OMP_NUM_THREADS: String(threads) },
  });
  if (status !== 0) throw new Error(`lm.py: ${stderr}`);
  const peer = JSON.parse(stdout);
  console.log(`${peer.version}, float32, ${threads} threads: their time ÷ ours`);
  for (const [i, [batch, length]] of PREFILLS.entries()) {
    console.log(`  prefill ${batch} × ${length}: ${(peer.prefill[i] / prefills[i]).toFixed(2)}`);
  }
  const same = texts.filter((own, i) => own.join() === peer.texts[i].join()).length;
  console.log(
    `  generating ${NEW_TOKENS} tokens after ${PROMPT}: ${(peer.one / one).toFixed(2)} for one prompt (${peer.one.toFixed(2)} s), ${(peer.eight / eight).toFixed(2)} for eight (${peer.eight.toFixed(2)} s); ${same} of 8 texts equal`,
  );
}

/** Of a Llama: what `writeModel` returns. */
function parametersOf({ tensors }) {
  const sizes = [...tensors.values()].map(({ name, shape }) => ({ name, size: shape.reduce((a, b) => a * b, 1) }));
  const sum = (pattern) => sizes.reduce((all, { name, size }) => all + (pattern.test(name) ? size : 0), 0);
  const last = Math.max(...sizes.map(({ name }) => Number(/\.layers\.(\d+)\./.exec(name)?.[1] ?? 0)));
  return {
    all: sum(/./),
    layers: sum(/\.layers\..*(proj|fc)[^.]*\.weight$/),
    rowsOnly: sum(new RegExp(`\\.layers\\.${last}\\.(mlp\\.|self_attn\\.o_proj)`)),
  };
}

/** Ids that every vocabulary of the benchmark has. */
function tokens(count) {
  return Array.from({ length: count }, () => Math.floor(Math.random() * SHAPE.vocabulary));
}

async function median(work, between = async () => {}) {
  await work();
  const times = [];
  for (let i = 0; i < REPEATS; i += 1) {
    const before = performance.now();
    await work();
    times.push((performance.now() - before) / 1000);
    await between();
  }
  return middle(times);
}

function middle(list) {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
}

function mib(bytes) {
  return (bytes / 2 ** 20).toFixed(0);
}
