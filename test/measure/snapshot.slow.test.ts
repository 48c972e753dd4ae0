import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { digestCheckpoint, fetchTensors, openCheckpoint, TensorDigests } from '@shadow-gate/checkpoints';
import { openCheckpointSource, openEngine } from '@shadow-gate/language-model';
import { UserError } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { type Files, startFakeHub } from '../../packages/checkpoints/test/hub/fake-hub.ts';
import { useFakeHub } from '../../packages/checkpoints/test/hub/use-fake-hub.ts';
import { messageOf } from '../../packages/checkpoints/test/refusal.ts';
import { float32, type RawTensor, safetensorsBytes } from '../../packages/checkpoints/test/write-safetensors.ts';
import { check } from '../../src/gate/check.ts';
import { describeFiles } from '../../src/measure/behavior/behavior-files.ts';
import { measureSpectra } from '../../src/measure/measure-spectra.ts';
import { openMeasuredReference } from '../../src/measure/open-measured.ts';
import { progressWords } from '../../src/report/terminal/progress.ts';
import { fixture, readJson, temporaryFolder } from '../fixtures.ts';
import { checkOptions } from '../gate/check-options.ts';
import { bundleScript } from '../run-script.ts';
import { measurePath } from './measure-path.ts';

const hub = await useFakeHub();

function folderOf(name: string): Files {
  const folder = fixture(name);
  return Object.fromEntries(
    readdirSync(folder)
      .filter((file) => file !== 'expected.json')
      .map((file) => [file, readFileSync(join(folder, file))]),
  );
}

const cdn = () => hub.seen.filter(({ kind }) => kind === 'cdn');
const weightsSeen = () => cdn().filter(({ path }) => path.endsWith('.safetensors'));
const bytesOf = (seen: readonly { range: readonly [number, number] | null }[]) =>
  seen.reduce((sum, { range }) => sum + (range ? range[1] - range[0] : 0), 0);

/** A file with several MiB of weights, each tensor filled with one number. */
const WIDE = 1024;
function large(tensors: number): { bytes: Buffer; names: string[] } {
  const names = Array.from({ length: tensors }, (_, i) => `model.layers.${i}.mlp.up_proj.weight`);
  const length = WIDE * WIDE * 4;
  const header = Object.fromEntries(
    names.map((name, i) => [name, { dtype: 'F32', shape: [WIDE, WIDE], data_offsets: [i * length, (i + 1) * length] }]),
  );
  const data = new Float32Array(tensors * WIDE * WIDE);
  names.forEach((_, i) => {
    data.fill(i + 1, i * WIDE * WIDE, (i + 1) * WIDE * WIDE);
  });
  return { bytes: safetensorsBytes(header, new Uint8Array(data.buffer)), names };
}

describe('a checkpoint on a hub', () => {
  it.each(['llama', 'llama-shards', 'lora'])('may be pickles, which are downloaded as a whole: %s', async (name) => {
    hub.commit(`org/${name}`, folderOf(join('pytorch', name)));
    const remote = await openCheckpoint(`hf://org/${name}`);
    const local = await openCheckpoint(fixture('pytorch', name));
    expect(remote.format).toBe(local.format);
    expect(await digestCheckpoint(remote)).toBe(await digestCheckpoint(local));
  });

  it('gives the same measurement as on the disk, to the last bit', async () => {
    const sha = hub.commit('org/tuned', folderOf('llama-tuned'));
    hub.commit('org/base', folderOf('llama-f32'));
    const remote = await measurePath({
      checkpoint: 'hf://org/tuned',
      reference: await openMeasuredReference('hf://org/base@main'),
      device: 'cpu',
    });
    const local = await measurePath({
      checkpoint: fixture('llama-tuned'),
      reference: await openMeasuredReference(fixture('llama-f32')),
      device: 'cpu',
    });
    expect({ ...remote, run: null }).toEqual({ ...local, run: null });
    expect(remote.run.checkpoint, 'names the commit').toBe(`hf://org/tuned@${sha}`);
    expect(remote.run.reference).toMatch(/^hf:\/\/org\/base@[0-9a-f]{40}$/);
  });

  it('brings the code and the templates that transformers loads from folders inside of it', async () => {
    const inside = {
      'custom_generate/generate.py': 'raise SystemExit',
      'additional_chat_templates/rag.jinja': '{{ x }}',
    };
    const others = { 'custom_generate/model.safetensors': 'x', 'figures/a.png': 'x' };
    hub.commit('org/code', { ...folderOf('llama-tuned'), ...inside, ...others });
    for (const path of ['hf://org/code', 'hf://org/code']) {
      const files = await describeFiles(await openCheckpoint(path), null);
      expect(Object.keys(files.code?.values ?? {})).toEqual(['custom_generate/generate.py']);
      expect(files['chat-template']?.values).toEqual({ rag: '"{{ x }}"' });
    }
    expect(cdn().map(({ path }) => path)).not.toContain('figures/a.png');
  });

  it('can be candidate, reference and baseline of a check', async () => {
    hub.commit('org/tuned', folderOf('llama-tuned'));
    const base = hub.commit('org/base', folderOf('llama-f32'));
    const options = { only: 'spectra', device: 'cpu', reference: 'hf://org/base' } as const;
    const { report } = await check(
      checkOptions({ ...options, checkpoint: 'hf://org/tuned', baseline: 'hf://org/tuned' }),
    );
    expect(report.verdict).toBe('pass');
    expect(report.baseline?.path).toMatch(/^hf:\/\/org\/tuned@/);
    expect(JSON.stringify(report)).toContain(base);
  });

  it('can be sharded, and can be an adapter', async () => {
    hub.commit('org/adapter', folderOf('lora'));
    hub.commit('org/base', folderOf('llama-f32'));
    const adapter = await openCheckpoint('hf://org/adapter');
    expect(adapter.format).toBe('lora');
    hub.commit('org/mlx', folderOf('adapters/mlx'));
    expect(await openCheckpoint('hf://org/mlx')).toMatchObject({ format: 'lora' });
    expect(await digestCheckpoint(adapter)).toBe(await digestCheckpoint(await openCheckpoint(fixture('lora'))));
    const tensor = float32([2, 2], [1, 2, 3, 4]);
    const shard = (name: string) => one(name, tensor);
    const files = {
      'config.json': '{}',
      'model.safetensors.index.json': JSON.stringify({
        weight_map: { a: 'model-1-of-2.safetensors', b: 'model-2-of-2.safetensors' },
      }),
      'model-1-of-2.safetensors': shard('a'),
      'model-2-of-2.safetensors': shard('b'),
    };
    hub.commit('org/shards', files);
    const shards = await openCheckpoint('hf://org/shards');
    expect([...shards.tensors.keys()]).toEqual(['a', 'b']);
    const { 'model-2-of-2.safetensors': _, ...broken } = files;
    hub.commit('org/broken', broken);
    expect(await messageOf('hf://org/broken')).toMatch(/names "model-2-of-2\.safetensors", which does not exist/);
  });

  it('is compared with other weights of its folder, of which vLLM takes some alone and some as well', async () => {
    const own = folderOf('llama-f32');
    const other = (name: string) => ({ ...own, [name]: folderOf('llama-bf16')['model.safetensors'] ?? '' });
    const options = { only: 'spectra', device: 'cpu' } as const;
    hub.commit('org/variant', other('model.bf16.safetensors'));
    await check(checkOptions({ ...options, checkpoint: 'hf://org/variant' }));
    hub.commit('org/two', { ...own, 'zzz.safetensors': one('lm_head.weight', float32([2, 2], [1, 2, 3, 4])) });
    await expect(check(checkOptions({ ...options, checkpoint: 'hf://org/two' }))).rejects.toThrow(
      /has zzz\.safetensors next to the weights that are measured, and its tensor "lm_head\.weight" has other numbers/,
    );
    hub.commit('org/strange', other('zzz (1).safetensors'));
    await expect(openCheckpoint('hf://org/strange')).rejects.toThrow(
      'two sets of weights, model.safetensors and zzz (1).safetensors',
    );
  });

  it('can be in a folder of a revision, however that is written', async () => {
    const files = Object.fromEntries(
      Object.entries(folderOf('llama-f32')).map(([name, file]) => [`runs/last/${name}`, file]),
    );
    const sha = hub.commit('org/runs', files, 'refs/pr/3');
    hub.commit('org/runs', { 'readme.txt': 'x' });
    const paths = ['@refs/pr/3/runs/last', `@${sha}/runs/last`, '@refs%2Fpr%2F3/runs/last/'];
    for (const path of paths) {
      const checkpoint = await openCheckpoint(`hf://org/runs${path}`);
      expect(checkpoint.remote?.name).toBe(`hf://org/runs@${sha}/runs/last`);
    }
  });

  it('runs like the one on the disk, with its tokenizer and all weights', async () => {
    const folder = fixture('language-models', 'llama');
    const names = readdirSync(folder).filter((name) => /\.(json|safetensors)$/.test(name));
    hub.commit('org/llama', Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name))])));
    const logits = async (path: string) => {
      const engine = await openEngine(await openCheckpointSource({ checkpoint: path, device: 'cpu' }));
      return engine.logits([1, 2, 3]).finally(() => engine.close());
    };
    expect(await logits('hf://org/llama')).toEqual(await logits(folder));
  });
});

describe('the download of a checkpoint', () => {
  const { bytes, names } = large(3);

  it('contains only the files of the checkpoint', async () => {
    hub.commit('org/full', {
      'README.md': '# hello',
      '.gitattributes': 'x',
      'config.json': '{}',
      'generation_config.json': '{}',
      'model.safetensors': bytes,
      'pytorch_model.bin': Buffer.alloc(5000),
      'pytorch_model.bin.index.json': '{}',
      'model.gguf': Buffer.alloc(5000),
      'tokenizer.json': '{}',
      'original/consolidated.00.pth': Buffer.alloc(5000),
      'onnx/model.onnx': Buffer.alloc(5000),
      'modeling.py': 'raise SystemExit',
    });
    await digestCheckpoint(await openCheckpoint('hf://org/full'));
    const got = [...new Set(cdn().map(({ path }) => path))].sort();
    expect(got).toEqual([
      'config.json',
      'generation_config.json',
      'model.safetensors',
      'modeling.py',
      'tokenizer.json',
    ]);
    expect(bytesOf(weightsSeen()), 'each byte once').toBe(bytes.length);
  });

  it('contains only the headers, and the tensors that are measured', async () => {
    hub.commit('org/part', { 'config.json': '{}', 'model.safetensors': bytes });
    const checkpoint = await openCheckpoint('hf://org/part');
    expect(bytesOf(weightsSeen()), 'the header').toBeLessThan(100_000);
    hub.seen.length = 0;
    const wanted = names[1] ?? '';
    const found: number[] = [];
    await measureSpectra(checkpoint, null, {
      device: 'cpu',
      isWanted: (name) => name === wanted,
      onSpectrum: (_, values) => found.push(values[0] ?? 0),
    });
    expect(found[0], 'σ of a matrix of twos').toBeCloseTo(2 * WIDE, 6);
    const { offset = 0, byteLength = 0 } = checkpoint.tensors.get(wanted) ?? {};
    expect(weightsSeen().map(({ range }) => range)).toEqual([[offset, offset + byteLength]]);
    const blocks = statSync(checkpoint.tensors.get(wanted)?.file ?? '').blocks * 512;
    expect(blocks, 'the rest of the file is a hole').toBeLessThan(1.5 * byteLength);
  });

  it('happens once', async () => {
    const sha = hub.commit('org/again', { 'config.json': '{}', 'model.safetensors': bytes });
    await fetchTensors(await openCheckpoint('hf://org/again'), []);
    await digestCheckpoint(await openCheckpoint('hf://org/again'));
    hub.seen.length = 0;
    // Another path of the same commit is opened from the cache.
    await digestCheckpoint(await openCheckpoint(`hf://org/again@${sha}`));
    expect(hub.seen).toEqual([]);
    await digestCheckpoint(await openCheckpoint('hf://org/again@main'));
    expect(
      hub.seen.map(({ kind }) => kind),
      'where the branch is now',
    ).toEqual(['api']);
  });

  it('is of the new commit after a branch has moved', async () => {
    const first = hub.commit('org/moves', {
      'config.json': '{}',
      'model.safetensors': one('a', float32([2, 2], [1, 2, 3, 4])),
    });
    const before = await openCheckpoint('hf://org/moves@main');
    const second = hub.commit('org/moves', {
      'config.json': '{}',
      'model.safetensors': one('a', float32([2, 2], [4, 3, 2, 1])),
    });
    const same = await openCheckpoint('hf://org/moves@main');
    expect(same.remote?.name, 'one run is of one commit').toBe(before.remote?.name);
    const after = await openCheckpoint('hf://org/moves');
    expect([before.remote?.name, after.remote?.name]).toEqual([`hf://org/moves@${first}`, `hf://org/moves@${second}`]);
    expect(await digestCheckpoint(before)).not.toBe(await digestCheckpoint(after));
  });

  it('works if the cache is a link', async () => {
    const link = join(temporaryFolder(), 'link');
    symlinkSync(temporaryFolder(), link);
    process.env.SHADOW_GATE_CACHE = link;
    hub.commit('org/link', folderOf('llama-f32'));
    const digest = await digestCheckpoint(await openCheckpoint('hf://org/link'));
    expect(digest).toBe(await digestCheckpoint(await openCheckpoint(fixture('llama-f32'))));
  });

  it('is reported with the commit', async () => {
    const sha = hub.commit('org/told', { 'config.json': '{}', 'model.safetensors': bytes });
    const lines: string[] = [];
    const checkpoint = await openCheckpoint('hf://org/told');
    await digestCheckpoint(checkpoint, new TensorDigests(), (progress) => {
      if (progress.phase === 'downloading') lines.push(progressWords(progress), progress.item ?? '');
    });
    expect(lines.slice(0, 2)).toEqual(['downloading 0/12 MiB', `hf://org/told@${sha}`]);
    expect(lines.at(-2)).toBe('downloading 12/12 MiB');
  });

  it('sends the token to the hub and to no other host', async () => {
    process.env.HF_TOKEN = 'hf_secret';
    hub.token = 'hf_secret';
    hub.commit('org/gated', folderOf('llama-f32'));
    await digestCheckpoint(await openCheckpoint('hf://org/gated'));
    const withToken = hub.seen.filter(({ authorization }) => authorization !== null).map(({ kind }) => kind);
    expect(new Set(withToken)).toEqual(new Set(['api', 'resolve']));
    expect(cdn().length).toBeGreaterThan(0);
  });
});

describe('a download with failures', () => {
  const { bytes } = large(2);
  const files = { 'config.json': '{}', 'model.safetensors': bytes };
  const whole = async (path: string) => digestCheckpoint(await openCheckpoint(path));

  it('is retried after a broken connection and after a refusal', async () => {
    hub.commit('org/shaky', files);
    const calm = await whole('hf://org/shaky');
    process.env.SHADOW_GATE_CACHE = temporaryFolder();
    let cuts = 1;
    let refusals = 1;
    hub.faults = {
      cutAfter: ({ kind, range }) => (kind === 'cdn' && range && range[0] > 0 && cuts-- > 0 ? 100_000 : null),
      status: ({ kind }) =>
        kind === 'api' && refusals-- > 0 ? { status: 429, headers: { 'Retry-After': '0' } } : null,
    };
    expect(await whole('hf://org/shaky')).toBe(calm);
    expect(Math.max(cuts, refusals), 'both failures happened').toBeLessThan(0);
  });

  it('continues after a process that was killed, from the pieces that were complete', async () => {
    // 48 MiB: three pieces, of which two are answered and the third hangs.
    const big = large(12);
    hub.commit('org/killed', { 'config.json': '{}', 'model.safetensors': big.bytes });
    let requests = 0;
    hub.faults = { stalls: ({ kind, path }) => kind === 'cdn' && path.endsWith('.safetensors') && ++requests > 3 };
    const script = await bundleScript(`
      import { openCheckpoint } from '#checkpoints/open.ts';
      import { digestCheckpoint, TensorDigests } from '#checkpoints/digest.ts';
      await digestCheckpoint(await openCheckpoint('hf://org/killed'));`);
    const child = spawn(process.execPath, [script], { env: process.env, stdio: 'ignore' });
    const ended = once(child, 'exit');
    const kept = () => {
      const journal = find(process.env.SHADOW_GATE_CACHE ?? '', 'model.safetensors.json');
      const ranges = journal ? readJson<{ ranges: [number, number][] }>(journal).ranges : [];
      return ranges.reduce((sum, [begin, end]) => sum + end - begin, 0);
    };
    await expect.poll(kept, { timeout: 10_000 }).toBeGreaterThan(32 * 1024 * 1024);
    child.kill('SIGKILL');
    await ended;
    const before = kept();
    hub.faults = {};
    hub.seen.length = 0;

    const again = await openCheckpoint('hf://org/killed');
    const digest = await digestCheckpoint(again);
    expect(bytesOf(weightsSeen()), 'only the rest').toBe(big.bytes.length - before);
    const [{ file = '' } = {}] = [...again.tensors.values()];
    expect(readFileSync(file).equals(big.bytes)).toBe(true);
    expect(digest).toMatch(/^sha256:/);
  });

  it('is repeated for a file that is shorter than its journal says', async () => {
    hub.commit('org/lost', files);
    const checkpoint = await openCheckpoint('hf://org/lost');
    const digest = await digestCheckpoint(checkpoint);
    const [{ file = '' } = {}] = [...checkpoint.tensors.values()];
    truncateSync(file, 100);
    expect(await whole('hf://org/lost@main')).toBe(digest);
  });

  it('does not mix two versions of a file that changes meanwhile', async () => {
    hub.commit('org/swapped', files);
    const checkpoint = await openCheckpoint('hf://org/swapped');
    const other = Buffer.from(bytes).fill(7, bytes.length - 1000);
    hub.faults = { swap: (name, content) => (name.endsWith('.safetensors') ? other : content) };
    await expect(digestCheckpoint(checkpoint)).rejects.toThrow(
      /has changed since a part of it was downloaded — run again/,
    );
    hub.faults = { swap: (_, content) => content.subarray(0, content.length - 4) };
    await expect(digestCheckpoint(checkpoint)).rejects.toThrow(UserError);
    hub.faults = {};
    expect(await whole('hf://org/swapped@main')).toMatch(/^sha256:/);
  });

  it('detects a damaged file by its digest', async () => {
    hub.commit('org/damaged', files);
    hub.faults = {
      swap: (name, content) =>
        name.endsWith('.safetensors') ? Buffer.from(content).fill(1, content.length - 9) : content,
    };
    await expect(whole('hf://org/damaged')).rejects.toThrow(/model\.safetensors arrived damaged: its SHA-256 differs/);
    process.env.SHADOW_GATE_CACHE = temporaryFolder();
    hub.faults = { swap: (name, content) => (name === 'config.json' ? Buffer.from('[]') : content) };
    expect(await messageOf('hf://org/damaged@main')).toMatch(/config\.json arrived damaged/);
  });

  it('refuses a hub without range requests before it sends gigabytes', async () => {
    hub.commit('org/whole', files);
    hub.faults = { ignoresRanges: true };
    expect(await messageOf('hf://org/whole')).toMatch(/the hub does not support range requests/);
  });
});

describe('a checkpoint that cannot be read', () => {
  it.each([
    [
      null,
      /is gated \(status 401\) — set HF_TOKEN to a token with access, and accept its license at http.*org\/gated$/,
    ],
    ['hf_wrong', /is gated, and HF_TOKEN has no access \(status 401\) — accept its license at http/],
  ])('is refused with one line for a gated repository, with the token %s', async (token, message) => {
    if (token !== null) process.env.HF_TOKEN = token;
    hub.token = 'hf_right';
    hub.commit('org/gated', folderOf('llama-f32'));
    const text = await messageOf('hf://org/gated');
    expect(text).toMatch(message);
    expect(text).not.toContain('hf_wrong');
  });

  it('is refused with one line for a repository with a public listing and gated files', async () => {
    hub.commit('org/half', folderOf('llama-f32'));
    hub.faults = {
      status: ({ kind }) => (kind === 'resolve' ? { status: 403, headers: { 'X-Error-Code': 'GatedRepo' } } : null),
    };
    expect(await messageOf('hf://org/half')).toMatch(/hf:\/\/org\/half is gated \(status 403\)/);
  });

  it('is refused with one line for a missing model, revision, folder, and missing weights', async () => {
    hub.commit('org/some', folderOf('llama-f32'));
    hub.commit('org/flax', { 'config.json': '{}', 'flax_model.msgpack': 'x', 'model.gguf': 'y' });
    hub.commit('org/none', { 'config.json': '{}' });
    expect(await messageOf('hf://org/typo')).toMatch(/hf:\/\/org\/typo does not exist — check the name/);
    expect(await messageOf('hf://org/some@typo')).toMatch(/has no such revision/);
    expect(await messageOf('hf://org/some@main/typo')).toMatch(/has no such folder or file/);
    expect(await messageOf('hf://org/flax')).toMatch(/it has flax_model\.msgpack and 1 more — give a revision/);
    expect(await messageOf('hf://org/none')).toMatch(/it has no weights/);
  });

  it('is refused with one line offline, unless everything is in the cache', async () => {
    const sha = hub.commit('org/offline', folderOf('llama-f32'));
    const digest = await digestCheckpoint(await openCheckpoint('hf://org/offline'));
    const other = await startFakeHub();
    await other.close();
    process.env.HF_ENDPOINT = other.endpoint;
    expect(await messageOf('hf://org/offline')).toMatch(
      /could not be read from http:.*ECONNREFUSED.* — check the network/,
    );
    process.env.HF_ENDPOINT = hub.endpoint;
    hub.faults = { status: () => ({ status: 404 }) };
    expect(await digestCheckpoint(await openCheckpoint(`hf://org/offline@${sha}`))).toBe(digest);
  });

  it.each([
    'hf://',
    'hf://model',
    'hf://org/',
    'hf://../model',
    'hf://org/..',
    'hf://org/a--b',
    'hf://org/model@',
    'hf://org/model@../x',
    'hf://org/model@main/../../etc',
    'hf://org/model@main/a//b',
    'hf://org/mo del',
  ])('is refused with one line for an invalid path: %s', async (path) => {
    expect(await messageOf(path)).toMatch(
      /does not name a (model|valid revision|valid folder) — write hf:\/\/org\/model/,
    );
    expect(hub.seen).toEqual([]);
  });

  it('is refused with one line for an invalid endpoint', async () => {
    process.env.HF_ENDPOINT = 'huggingface.co';
    expect(await messageOf('hf://org/model')).toMatch(/HF_ENDPOINT is "huggingface\.co" — give an address/);
  });
});

function one(name: string, { dtype, shape, data }: RawTensor): Buffer {
  return safetensorsBytes({ [name]: { dtype, shape, data_offsets: [0, data.byteLength] } }, data);
}

function find(folder: string, name: string): string | null {
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((path) => path.endsWith(`/${name}`));
  return found === undefined ? null : join(folder, found);
}
