import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openReference, TensorDigests } from '@shadow-gate/checkpoints';
import { OnnxEngine } from '@shadow-gate/language-model';
import { UserError } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { type RawTensor, writeSafetensors } from '../../packages/checkpoints/test/write-safetensors.ts';
import { stateDict, storageId, tensor, torchFile } from '../../packages/checkpoints/test/write-torch-file.ts';
import { refuseMisread } from '../../src/measure/refuse-misread.ts';
import { refuseOtherWeights } from '../../src/measure/refuse-other-weights.ts';
import { fixture, readJson, temporaryFolder } from '../fixtures.ts';

/** See make_two_forms.py. */
type Change = 'same' | 'reversed' | 'float32' | 'big';
type Renamed = readonly [name: string, of: string, change: Change];
interface FileRecipe {
  readonly tensors:
    | readonly Renamed[]
    | { readonly all: Change; readonly prefix?: string; readonly inner?: true; readonly more?: readonly Renamed[] };
  readonly below?: string;
}
type Load = number | 'error' | 'random' | 'any';
interface Case {
  readonly name: string;
  readonly base: string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly files: Readonly<Record<string, FileRecipe | null>>;
  readonly json?: Readonly<Record<string, unknown>>;
  readonly loads: Readonly<Record<string, Load>>;
}

const { tokens, outcomes, cases } = readJson<{
  readonly tokens: readonly number[];
  readonly outcomes: ReadonlyArray<ReadonlyArray<number | null>>;
  readonly cases: readonly Case[];
}>(fixture('two-forms.json'));

const bases = new Map<string, ReadonlyMap<string, RawTensor>>();

function tensorsOf(base: string): ReadonlyMap<string, RawTensor> {
  const known = bases.get(base);
  if (known) return known;
  const bytes = readFileSync(fixture('language-models', base, 'model.safetensors'));
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, start)) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const { __metadata__: _, ...entries } = header;
  const tensors = new Map(
    Object.entries(entries).map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [from, to],
        },
      ]) => [name, { dtype, shape, data: bytes.subarray(start + from, start + to) }],
    ),
  );
  bases.set(base, tensors);
  return tensors;
}

const SIZES: Readonly<Record<string, number>> = { BF16: 2, F16: 2, F32: 4 };

function changed({ dtype, shape, data }: RawTensor, change: Change): RawTensor {
  if (change === 'same' || (change === 'float32' && dtype === 'F32')) return { dtype, shape, data };
  const size = SIZES[dtype] ?? 1;
  const count = data.byteLength / size;
  if (change === 'reversed') {
    const reversed = Array.from({ length: count }, (_, i) => data.subarray((count - 1 - i) * size, (count - i) * size));
    return { dtype, shape, data: Buffer.concat(reversed) };
  }
  const bits = Array.from({ length: count }, (_, i) => (data[2 * i] ?? 0) + 256 * (data[2 * i + 1] ?? 0));
  const wide = Float32Array.from(bits, dtype === 'BF16' ? ofBfloat16 : ofFloat16);
  if (change === 'big') wide[0] = 1e5;
  return { dtype: 'F32', shape, data: new Uint8Array(wide.buffer) };
}

function ofBfloat16(bits: number): number {
  return new Float32Array(Uint32Array.of(bits * 2 ** 16).buffer)[0] ?? Number.NaN;
}

function ofFloat16(bits: number): number {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  const value = exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
  return bits & 0x8000 ? -value : value;
}

function inner(name: string): string {
  return name.replace(/^(model|transformer|gpt_neox)\./, '');
}

function contentOf(base: string, { tensors }: FileRecipe): Record<string, RawTensor> {
  const own = tensorsOf(base);
  const renamed = (): readonly Renamed[] => {
    if (!('all' in tensors)) return tensors;
    const { all, prefix = '', inner: isInner = false, more = [] } = tensors;
    return [...[...own.keys()].map((name): Renamed => [isInner ? inner(name) : prefix + name, name, all]), ...more];
  };
  return Object.fromEntries(
    renamed().map(([name, of, change]) => {
      const found = own.get(of);
      if (!found) throw new Error(`${base} has no ${of}`);
      return [name, changed(found, change)];
    }),
  );
}

const STORAGES: Readonly<Record<string, string>> = { BF16: 'BFloat16Storage', F16: 'HalfStorage', F32: 'FloatStorage' };

function writeTorch(path: string, content: Readonly<Record<string, RawTensor>>, below: string | undefined): void {
  const storages: Record<string, Uint8Array> = {};
  const items = Object.entries(content).map(([name, { dtype, shape, data }], i): [string, string] => {
    storages[i] = data;
    const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((all, size) => all * size, 1));
    const count = data.byteLength / (SIZES[dtype] ?? 1);
    return [name, tensor(storageId(`${i}`, count, STORAGES[dtype]), 0, shape, strides)];
  });
  const state = stateDict(Object.fromEntries(items));
  const text = (value: string) => `X${String.fromCharCode(value.length)}\0\0\0${value}`;
  const pickle = below === undefined ? state : `\x80\x02}${text(below)}${state.slice(2, -1)}s.`;
  writeFileSync(path, torchFile(pickle, storages));
}

function write(folder: string, { base, config, files, json }: Case): void {
  const original = readJson<Record<string, unknown>>(fixture('language-models', base, 'config.json'));
  const merged = Object.fromEntries(Object.entries({ ...original, ...config }).filter(([, value]) => value !== null));
  for (const [name, value] of Object.entries({ ...json, 'config.json': merged }))
    writeFileSync(join(folder, name), JSON.stringify(value));
  for (const [name, recipe] of Object.entries(files)) {
    const path = join(folder, name);
    if (recipe === null) writeFileSync(path, '');
    else if (name.endsWith('.safetensors')) writeSafetensors(path, contentOf(base, recipe));
    else writeTorch(path, contentOf(base, recipe), recipe.below);
  }
}

/** What this program makes of it, as `measure` does: logits, or the reason why it refuses. */
async function run(folder: string): Promise<Float32Array | string> {
  try {
    const checkpoint = await openReference(folder);
    await refuseMisread(checkpoint);
    await refuseOtherWeights(checkpoint, new TensorDigests());
    const device = { name: 'cpu', reason: 'tests run on the CPU' } as const;
    const engine = await OnnxEngine.open(checkpoint, { device });
    try {
      const logits = await engine.logits(tokens);
      return logits.slice((logits.length / tokens.length) * (tokens.length - 1));
    } finally {
      await engine.close();
    }
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

const TOLERANCE = 1e-4;

function isSame(logits: Float32Array, load: number): boolean {
  const expected = outcomes[load];
  if (!expected) throw new Error('no such outcome');
  return expected.every((value, i) => value !== null && Math.abs(value - (logits[i] ?? Number.NaN)) <= TOLERANCE);
}

/** Healthy folders, as hubs and trainings leave them, and as other programs write them: these must not be refused. */
const HEALTHY = [
  /model\.safetensors, (?!model-|consolidated).*: (same|float32|inner names|one the same|value head)$/,
  /model\.safetensors, consolidated.*: (same|float32|inner names)$/,
  /pytorch_model\.bin, (?!pytorch_model-).*\.(bin|pt|pth|ckpt|h5): (same|float32|value head)$/,
  /: only (pytorch_model\.bin)$/,
  /: empty (?!zzz\.safetensors)/,
  /shards: (as they should be|a tensor that the index lacks|other names of shards|the same of the index)$/,
  /: all names without the base model$/,
  /dtype .*, weights (float32|same)$/,
];

describe('folders with two forms of a model', () => {
  const results = (async () => {
    const root = temporaryFolder();
    const all: Array<readonly [Case, Float32Array | string]> = [];
    for (const [i, item] of cases.entries()) {
      const folder = join(root, `${i}`);
      mkdirSync(folder);
      write(folder, item);
      all.push([item, await run(folder)]);
    }
    return all;
  })();

  it('give the numbers of every loader that accepts them, or are refused', async () => {
    const wrong = (await results).flatMap(([{ name, loads }, result]) => {
      if (typeof result === 'string') return [];
      const others = Object.entries(loads).filter(
        ([, load]) => load !== 'error' && (typeof load === 'string' || !isSame(result, load)),
      );
      return others.map(([loader, load]) => `${name}: ${loader}: ${load}`);
    });
    expect(wrong).toEqual([]);
  });

  it('are accepted where they are healthy', async () => {
    const healthy = (await results).filter(([{ name }]) => HEALTHY.some((pattern) => pattern.test(name)));
    const refused = healthy.flatMap(([{ name }, result]) => (typeof result === 'string' ? [`${name}: ${result}`] : []));
    expect(refused).toEqual([]);
    expect(healthy.length).toBeGreaterThan(100);
  });
});
