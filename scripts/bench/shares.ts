// What each of n machines reads of a checkpoint on a hub: what `measure --only spectra --shard i/n` does, one after the
// other and with an empty cache, then the merge. Usage: npm run bench:shares [-- --size 8B] [--shards 4] [--reference]
// [--whole] [--folder DIR]
//
// The hub is in this process. It makes up the bytes of a Llama-shaped model in bfloat16, in files of at most 5 GB, as
// they are requested. All that a machine reads is sent, written to its disk, hashed and searched for NaN. Spectra are
// left out by a limit of memory that no matrix fits: they take hours, and read no other bytes. Each machine is a child:
// this process counts what it sends. --reference: with a base of the same size; --whole: one machine as well; its
// digest must equal the merge's.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { at } from '@shadow-gate/platform';
import { measure } from '../../src/measure/measure.ts';
import { openMeasured, openMeasuredReference } from '../../src/measure/open-measured.ts';
import { readMeasurement } from '../../src/measure/schema/read.ts';
import { writeMeasurement } from '../../src/measure/schema/write.ts';
import { mergeFiles } from '../../src/measure/shards/merge.ts';
import { parseShard, type Shard } from '../../src/measure/shards/shard.ts';
import { modelOf, type NamedShape } from './random-model.ts';
import { safetensorsHeader, sizeOf, WIDTHS } from './safetensors-file.ts';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '8B' },
    shards: { type: 'string', default: '4' },
    reference: { type: 'boolean', default: false },
    whole: { type: 'boolean', default: false },
    folder: { type: 'string' },
    child: { type: 'string' },
    out: { type: 'string', default: '' },
  },
});
if (values.child !== undefined) {
  await measureShare(parseShard(values.child), values.out);
  process.exit();
}
const count = Number(values.shards);

/** What transformers wrote into one file up to version 4. */
const MOST_BYTES = 5e9;
const COMMIT = '5'.repeat(40);

/** Numbers that repeat. Not a power of two, so tensors differ. */
const block = Buffer.from(
  Uint16Array.from({ length: 2 ** 23 - 15 }, (_, i) => 0x3c00 + (Math.imul(i, 2654435761) >>> 22) + (i % 2) * 0x8000)
    .buffer,
);

interface HubFile {
  readonly size: number;
  readonly read: (begin: number, end: number) => Buffer;
}

const { shapes, config } = modelOf(values.size);
const files = hubFiles(shapes, config);
const listing = [...files].map(([path, file]) => listed(path, file));
const weights = [...files].filter(([name]) => name.endsWith('.safetensors'));
const total = weights.reduce((sum, [, { size }]) => sum + size, 0) * (values.reference ? 2 : 1);
let sent = 0;
const hub = createServer((request, response) => {
  const [, repository, verb, rest = ''] =
    /^(?:\/api\/models)?\/([^/]+\/[^/]+)\/(revision|tree|resolve)\/[^/]+\/?(.*)$/.exec(request.url ?? '') ?? [];
  const json = (body: unknown) =>
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  if (verb === 'revision') return json({ _id: 'x', id: repository, sha: COMMIT, private: false, gated: false });
  if (verb === 'tree') return json(listing);
  const file = files.get(rest);
  if (!file) return response.writeHead(404).end();
  const [, from = '0', to = String(file.size - 1)] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  const [begin, end] = [Number(from), Number(to) + 1];
  if (rest.endsWith('.safetensors')) sent += end - begin;
  return response
    .writeHead(206, {
      'Content-Length': end - begin,
      'Content-Range': `bytes ${begin}-${end - 1}/${file.size}`,
    })
    .end(file.read(begin, end));
});
await once(hub.listen(0, '127.0.0.1'), 'listening');
const endpoint = `http://127.0.0.1:${(hub.address() as AddressInfo).port}`;
const folder = values.folder ?? (await mkdtemp(join(tmpdir(), 'shadow-gate-bench-')));
await mkdir(folder, { recursive: true });
try {
  console.log(`${weights.length} files, ${shapes.length} tensors, ${gigabytes(total)}; ${count} machines`);
  const out = (i: number) => join(folder, `shard-${i}.json`);
  for (let i = 1; i <= count; i += 1) await machine(`machine ${i}`, out(i), `${i}/${count}`);
  const { checkpoint, run } = await mergeFiles(Array.from({ length: count }, (_, i) => out(i + 1)));
  console.log(`merged: ${checkpoint.digest}, ${run.unverified?.length ?? 0} files that no machine read whole`);
  if (values.whole) {
    await machine('one machine', out(0), 'all');
    const { digest } = (await readMeasurement(out(0))).checkpoint;
    if (digest !== checkpoint.digest) throw new Error(`the digest of one machine is ${digest}`);
    console.log('one machine has the same digest');
  }
} finally {
  hub.close();
  if (values.folder === undefined) await rm(folder, { recursive: true, force: true });
}

async function machine(name: string, out: string, share: string): Promise<void> {
  const cache = await mkdtemp(join(folder, 'cache-'));
  sent = 0;
  const start = performance.now();
  const line = ['--child', share, '--out', out, ...(values.reference ? ['--reference'] : [])];
  const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), ...line], {
    env: { ...process.env, HF_ENDPOINT: endpoint, SHADOW_GATE_CACHE: cache },
    stdio: 'inherit',
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${name} ended with exit code ${code}`);
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  console.log(`${name}: ${gigabytes(sent)}, ${((100 * sent) / total).toFixed(1)}%, ${seconds} s`);
  await rm(cache, { recursive: true, force: true });
}

async function measureShare(shard: Shard | null, out: string): Promise<void> {
  const reference = await openMeasuredReference(values.reference ? 'hf://org/base' : undefined);
  const model = await openMeasured({ checkpoint: 'hf://org/tuned', reference });
  await writeMeasurement(out, await measure(model, { device: 'cpu', memoryLimit: 1, shard }));
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}

function hubFiles(all: readonly NamedShape[], config: string): ReadonlyMap<string, HubFile> {
  // In the order of the model, as transformers saves it: the embeddings first, the head last.
  const rank = ([name]: NamedShape) =>
    name.includes('embed') ? 0 : name.includes('.layers.') ? 1 : name.endsWith('norm.weight') ? 2 : 3;
  const parts: NamedShape[][] = [[]];
  let bytes = 0;
  for (const shape of all.toSorted((a, b) => rank(a) - rank(b))) {
    const own = sizeOf(shape[1]) * WIDTHS.BF16;
    if (bytes + own > MOST_BYTES) {
      parts.push([]);
      bytes = 0;
    }
    at(parts, parts.length - 1).push(shape);
    bytes += own;
  }
  const five = (n: number) => String(n).padStart(5, '0');
  const nameOf = (i: number) => `model-${five(i + 1)}-of-${five(parts.length)}.safetensors`;
  const map = Object.fromEntries(parts.flatMap((part, i) => part.map(([name]) => [name, nameOf(i)])));
  return new Map([
    ['config.json', smallFile(config)],
    ['model.safetensors.index.json', smallFile(JSON.stringify({ weight_map: map }))],
    ...parts.map((part, i) => [nameOf(i), weightsFile(part)] as const),
  ]);
}

function smallFile(text: string): HubFile {
  const bytes = Buffer.from(text);
  return { size: bytes.length, read: (begin, end) => bytes.subarray(begin, end) };
}

function weightsFile(part: readonly NamedShape[]): HubFile {
  const { bytes: header, end: size } = safetensorsHeader(part.map(([name, shape]) => ({ name, dtype: 'BF16', shape })));
  const read = (begin: number, end: number) => {
    const bytes = Buffer.alloc(end - begin);
    if (begin < header.length) header.copy(bytes, 0, begin, end);
    for (let done = Math.max(0, header.length - begin); done < bytes.length; ) {
      done += block.copy(bytes, done, (begin + done - header.length) % block.length);
    }
    return bytes;
  };
  return { size, read };
}

/** As a hub lists it: git's digest of a small file, and the SHA-256 of weights. */
function listed(path: string, { size, read }: HubFile) {
  if (!path.endsWith('.safetensors')) {
    const oid = createHash('sha1').update(`blob ${size}\0`).update(read(0, size)).digest('hex');
    return { type: 'file', path, size, oid };
  }
  const hash = createHash('sha256');
  for (let begin = 0; begin < size; begin += 2 ** 24) hash.update(read(begin, Math.min(size, begin + 2 ** 24)));
  return { type: 'file', path, size, oid: COMMIT, lfs: { oid: hash.digest('hex'), size, pointerSize: 134 } };
}
