// Spectra of a share of a large model's layers through the built command line: time, peak memory, and what the whole would take.
// Part of `npm run bench:spectra -- --model 7b`.
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url));

/** Llama 2: hidden size, MLP size, layers, vocabulary. */
const MODELS = { '7b': { hidden: 4096, mlp: 11008, layers: 32, vocabulary: 32000 } };

/** @param layers that are measured; embeddings and lm_head are measured too, and counted once */
export async function benchModel(name, layers) {
  const model = MODELS[name];
  if (!model) throw new Error(`no model ${name}: there are ${Object.keys(MODELS).join(', ')}`);
  const folder = await mkdtemp(join(tmpdir(), 'bench-model-'));
  try {
    const ends = [
      ['model.embed_tokens.weight', model.vocabulary, model.hidden],
      ['lm_head.weight', model.vocabulary, model.hidden],
    ];
    const blocks = Array.from({ length: layers }, (_, layer) => blockOf(layer, model)).flat();
    const checkpoint = await writeModel(join(folder, 'model'), [...blocks, ...ends]);
    const bytes = (matrices) => matrices.reduce((sum, [, m, n]) => sum + 2 * m * n, 0);
    console.log(
      `${name}: ${layers} of ${model.layers} layers, embeddings and lm_head, bfloat16, ${gigabytes(checkpoint.bytes)} GB`,
    );
    for (const method of ['fast', 'exact']) {
      const blocksOnly = await measure(checkpoint.path, method, folder, 'model.layers.*');
      const all = method === 'fast' ? await measure(checkpoint.path, method, folder, '*') : null;
      const perLayer = blocksOnly.seconds / layers;
      const endsSeconds = all ? Math.max(0, all.seconds - blocksOnly.seconds) : null;
      const whole = perLayer * model.layers + (endsSeconds ?? 0);
      console.log(
        `  ${method.padEnd(5)}  ${layers} layers ${blocksOnly.seconds.toFixed(1)} s (${(bytes(blocks) / 1e9 / blocksOnly.seconds).toFixed(2)} GB/s), ` +
          `${endsSeconds === null ? 'embeddings not measured' : `embeddings and lm_head ${endsSeconds.toFixed(1)} s`}, peak ${Math.max(blocksOnly.mebibytes, all?.mebibytes ?? 0).toFixed(0)} MiB; ` +
          `extrapolated to ${model.layers} layers: ${(whole / 60).toFixed(1)} min`,
      );
    }
    await changed(checkpoint, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function blockOf(layer, { hidden, mlp }) {
  const at = `model.layers.${layer}`;
  return [
    ...['q_proj', 'k_proj', 'v_proj', 'o_proj'].map((name) => [`${at}.self_attn.${name}.weight`, hidden, hidden]),
    ...['gate_proj', 'up_proj'].map((name) => [`${at}.mlp.${name}.weight`, mlp, hidden]),
    [`${at}.mlp.down_proj.weight`, hidden, mlp],
  ];
}

/** Random bfloat16 weights whose columns decay, so that the spectrum has a head and a tail. */
async function writeModel(folder, matrices) {
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, 'config.json'),
    JSON.stringify({ model_type: 'llama', architectures: ['LlamaForCausalLM'] }),
  );
  const header = {};
  let offset = 0;
  for (const [name, m, n] of matrices) {
    header[name] = { dtype: 'BF16', shape: [m, n], data_offsets: [offset, offset + 2 * m * n] };
    offset += 2 * m * n;
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const path = join(folder, 'model.safetensors');
  const file = createWriteStream(path);
  const write = (chunk) =>
    new Promise((resolve, reject) => file.write(chunk, (error) => (error ? reject(error) : resolve())));
  await write(Buffer.concat([length, text]));
  let state = 1;
  for (const [, m, n] of matrices) {
    const scales = Float32Array.from({ length: n }, (_, column) => (column + 1) ** -0.4 / 64);
    for (let row = 0; row < m; row += 64) {
      const count = Math.min(64, m - row) * n;
      const values = new Float32Array(count);
      for (let i = 0; i < count; i += 1) {
        state = (Math.imul(state, 1664525) + 1013904223) | 0;
        values[i] = (state / 2 ** 31) * scales[i % n];
      }
      const bits = new Uint32Array(values.buffer);
      await write(Buffer.from(Uint16Array.from(bits, (word) => word >>> 16).buffer));
    }
  }
  await new Promise((resolve) => file.end(resolve));
  return { path: folder, file: path, bytes: offset, header, dataStart: 8 + text.length };
}

/** The built command line, with its peak memory. */
async function measure(checkpoint, method, folder, glob, store = 'off') {
  const args = [
    cli,
    'spectra',
    '--checkpoint',
    checkpoint,
    '--tensor',
    glob,
    '--method',
    method,
    '--json',
    '--device',
    'cpu',
  ];
  const started = performance.now();
  const child = spawn('/usr/bin/env', ['time', '-f', '%M', '-o', join(folder, 'rss'), process.execPath, ...args], {
    env: { ...process.env, SHADOW_GATE_CACHE: store },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`exit code ${code}`);
  const mebibytes = Number((await readFile(join(folder, 'rss'), 'utf8')).trim()) / 1024;
  return { seconds: (performance.now() - started) / 1000, mebibytes };
}

/** A second run, and one after three tensors have changed. */
async function changed(checkpoint, folder) {
  const store = join(folder, 'store');
  const first = await measure(checkpoint.path, 'fast', folder, 'model.layers.*', store);
  const again = await measure(checkpoint.path, 'fast', folder, 'model.layers.*', store);
  const handle = await open(checkpoint.file, 'r+');
  for (const {
    data_offsets: [start],
  } of Object.values(checkpoint.header).slice(0, 3)) {
    await handle.write(Buffer.from([0x80, 0x3f]), 0, 2, checkpoint.dataStart + start);
  }
  await handle.close();
  const three = await measure(checkpoint.path, 'fast', folder, 'model.layers.*', store);
  console.log(
    `  fast with a store: ${first.seconds.toFixed(1)} s, again ${again.seconds.toFixed(1)} s, after 3 tensors changed ${three.seconds.toFixed(1)} s`,
  );
}

const gigabytes = (bytes) => (bytes / 1e9).toFixed(2);
