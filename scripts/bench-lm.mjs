// The language model on this machine: prefill, scoring, decoding, start and memory, beside the machine's float32 matrix
// rate, in one run. Usage: npm run bench:lm [-- --device cpu|webgpu|cuda] [--dtype F32|BF16] [--size 120M|550M] [--start-only]
//
// The model is Llama-shaped, of about 120 million parameters, with random weights that this script writes itself. Medians
// of five.
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { importSources } from './run/import-sources.mjs';

const { values } = parseArgs({
  options: {
    device: { type: 'string', default: 'cpu' },
    dtype: { type: 'string', default: 'F32' },
    size: { type: 'string', default: '120M' },
    'start-only': { type: 'boolean', default: false },
  },
});
const REPEATS = 5;
const SHAPES = {
  '120M': { hidden: 768, layers: 12, heads: 12, inner: 2048, vocabulary: 24_000 },
  '550M': { hidden: 1536, layers: 16, heads: 24, inner: 4096, vocabulary: 32_000 },
};
const SHAPE = SHAPES[values.size];

const folder = await mkdtemp(join(tmpdir(), 'shadow-gate-bench-'));
try {
  const { OnnxEngine, openReference, gemmRate } = await importSources({
    OnnxEngine: 'src/language-model/local/onnx-engine.ts',
    openReference: 'src/checkpoint/checkpoint.ts',
    gemmRate: 'scripts/run/gemm-rate.ts',
  });
  const device = { name: values.device, reason: 'asked for' };
  const parameters = await writeModel(join(folder, 'model'));
  const baseline = process.memoryUsage.rss();
  const rate = await gemmRate(device);
  console.log(
    `${cpus()[0]?.model.trim()}, ${availableParallelism()} threads, device ${values.device}, Node ${process.version}`,
  );
  console.log(`model: ${(parameters.all / 1e6).toFixed(0)} M parameters, ${values.dtype}`);
  console.log(`float32 matrix product: ${(rate / 1e9).toFixed(0)} GFLOP/s`);

  const before = performance.now();
  const engine = await OnnxEngine.open(await openReference(join(folder, 'model')), { device });
  await engine.score([{ context: tokens(1), continuation: [7] }]);
  const start = performance.now() - before;

  if (!values['start-only']) {
    await prefilling(engine, parameters, rate);
    await scoring(engine);
    await decoding(engine);
  }
  console.log(`start, first answer included: ${(start / 1000).toFixed(2)} s`);
  const peak = process.resourceUsage().maxRSS * 1024;
  console.log(
    `peak memory: ${mib(peak)} MiB, ${mib(baseline)} MiB of it before; weights in float32: ${mib(parameters.all * 4)} MiB`,
  );
  await engine.close();
} finally {
  await rm(folder, { recursive: true, force: true });
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
      `prefill ${batch} × ${length}: ${speed.toFixed(0)} tokens/s, ${(100 * share).toFixed(0)} % of the matrix rate`,
    );
  }
}

/** Four choices of one token after 200 tokens that they share, against each on its own. */
async function scoring(engine) {
  const questions = Array.from({ length: 8 }, () => tokens(200));
  const choices = [11, 12, 13, 14];
  const all = questions.flatMap((context) => choices.map((token) => ({ context, continuation: [token] })));
  const together = await median(() => engine.score(all));
  // The same requests in calls of their own: one of each question a call, so that nothing is shared but the batch.
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

/** A checkpoint directory with random weights; returns numbers of parameters. */
async function writeModel(directory) {
  await mkdir(directory);
  const { hidden, layers, heads, inner, vocabulary } = SHAPE;
  const shapes = [
    ['model.embed_tokens.weight', [vocabulary, hidden]],
    ['lm_head.weight', [vocabulary, hidden]],
    ['model.norm.weight', [hidden]],
  ];
  for (let i = 0; i < layers; i += 1) {
    const at = `model.layers.${i}`;
    for (const name of ['q_proj', 'k_proj', 'v_proj', 'o_proj'])
      shapes.push([`${at}.self_attn.${name}.weight`, [hidden, hidden]]);
    for (const name of ['gate_proj', 'up_proj']) shapes.push([`${at}.mlp.${name}.weight`, [inner, hidden]]);
    shapes.push([`${at}.mlp.down_proj.weight`, [hidden, inner]]);
    for (const name of ['input_layernorm', 'post_attention_layernorm']) shapes.push([`${at}.${name}.weight`, [hidden]]);
  }
  const width = values.dtype === 'F32' ? 4 : 2;
  const header = {};
  let offset = 0;
  let inLayers = 0;
  for (const [name, shape] of shapes) {
    const size = shape.reduce((product, n) => product * n, 1);
    header[name] = { dtype: values.dtype, shape, data_offsets: [offset, offset + size * width] };
    offset += size * width;
    if (name.includes('.layers.')) inLayers += size;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const file = await open(join(directory, 'model.safetensors'), 'w');
  await file.write(length);
  await file.write(json);
  for (const [, shape] of shapes) {
    const data = new Float32Array(shape.reduce((product, n) => product * n, 1));
    for (let i = 0; i < data.length; i += 1) data[i] = shape.length === 1 ? 1 : (Math.random() - 0.5) * 0.07;
    await file.write(width === 4 ? Buffer.from(data.buffer) : upperHalves(data), 0, data.length * width);
  }
  await file.close();
  await writeFile(
    join(directory, 'config.json'),
    JSON.stringify({
      model_type: 'llama',
      hidden_size: hidden,
      intermediate_size: inner,
      num_hidden_layers: layers,
      num_attention_heads: heads,
      vocab_size: vocabulary,
      max_position_embeddings: 2048,
      tie_word_embeddings: false,
    }),
  );
  return { all: offset / width, layers: inLayers, rowsOnly: hidden * hidden + 3 * hidden * inner };
}

/** float32 cut down to bfloat16. */
function upperHalves(data) {
  const halves = new Uint16Array(data.buffer);
  return Buffer.from(Uint16Array.from(data, (_, i) => halves[2 * i + 1]).buffer);
}
