import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  float32,
  type RawTensor,
  readRaw,
  writeSafetensors,
} from '../../packages/checkpoints/test/write-safetensors.ts';
import type { Report } from '../../src/compare/report.ts';
import { fixture, temporaryFolder } from '../fixtures.ts';
import { editedCopy, runGate } from './run-gate.ts';

const ORIGINAL = fixture('llama-f32');
const EMBEDDING = 'model.embed_tokens.weight';
const HEAD = 'lm_head.weight';
const COLUMNS = 16;

type Rows = NonNullable<Report['vocabularyRows']>[number];

/** [matrix, rows of other tokens, shift, new zero rows, rows that moved far] of each. */
const numbers = (rows: readonly Rows[] = []) =>
  rows.map(({ matrix, others, shift, zeroed, moved }) => [matrix, others.rows, shift, zeroed.rows, moved.rows]);

const compared = async (checkpoint: string, baseline: string = ORIGINAL) => {
  const { report } = await runGate({ checkpoint, baseline, only: 'spectra' });
  const found = report.findings.flatMap((finding) => (finding.kind === 'vocabulary-rows' ? [finding] : []));
  return { rows: report.vocabularyRows, found, verdict: report.verdict };
};

/** Move rows: the candidate's row i is row `from(i)` of the original. */
const moved = (name: string, from: (row: number) => number) =>
  editedCopy(ORIGINAL, name, (values, [rows = 0]) => {
    const old = values.slice();
    for (let row = 0; row < rows; row += 1) {
      const source = from(row) * COLUMNS;
      values.set(old.subarray(source, source + COLUMNS), row * COLUMNS);
    }
  });

const zeroed = (checkpoint: string, ...rows: number[]) =>
  editedCopy(checkpoint, EMBEDDING, (values) => {
    for (const row of rows) values.fill(0, row * COLUMNS, (row + 1) * COLUMNS);
  });

/** A copy with other tensors and keys of config.json; undefined removes a tensor. */
function changed(
  tensors: Readonly<Record<string, RawTensor | undefined>>,
  config: Record<string, unknown> = {},
): string {
  const folder = join(temporaryFolder(), 'checkpoint');
  cpSync(ORIGINAL, folder, { recursive: true });
  const all = Object.entries({ ...readRaw(join(ORIGINAL, 'model.safetensors')), ...tensors });
  const kept = all.flatMap(([name, tensor]) => (tensor ? [[name, tensor] as const] : []));
  writeSafetensors(join(folder, 'model.safetensors'), Object.fromEntries(kept));
  const file = join(folder, 'config.json');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...config }));
  return folder;
}

const stored = (name: string): RawTensor => {
  const tensor = readRaw(join(ORIGINAL, 'model.safetensors'))[name];
  if (!tensor) throw new Error(`${name} is missing`);
  return tensor;
};

const SAME = [0, null, 0, 0];

describe('rows of the vocabulary', () => {
  it('are all at their place in a copy', async () => {
    const { rows, found, verdict } = await compared(ORIGINAL);
    expect(numbers(rows)).toEqual([
      ['embedding', ...SAME],
      ['output matrix', ...SAME],
    ]);
    expect(found).toEqual([]);
    expect(verdict).not.toBe('fail');
  });

  it('fail if two of them changed places, in either matrix', async () => {
    const swap = (row: number) => ({ 3: 7, 7: 3 })[row] ?? row;
    const input = await compared(moved(EMBEDDING, swap));
    expect(numbers(input.rows)).toEqual([
      ['embedding', 2, null, 0, 0],
      ['output matrix', ...SAME],
    ]);
    expect(input.verdict).toBe('fail');
    expect(input.found).toMatchObject([{ level: 'fail', change: 'others', tensor: EMBEDDING, rows: 2, of: 40 }]);
    const output = await compared(moved(HEAD, swap));
    expect(numbers(output.rows)).toEqual([
      ['embedding', ...SAME],
      ['output matrix', 2, null, 0, 0],
    ]);
  });

  it.each([
    [1, -1],
    [39, 1],
  ])('fail if all are shifted by %i, with the direction', async (by, shift) => {
    const { rows, verdict } = await compared(moved(EMBEDDING, (row) => (row + by) % 40));
    expect(numbers(rows)[0]).toEqual(['embedding', 40, -shift, 0, 0]);
    expect(verdict).toBe('fail');
  });

  it('fail if they are zero, but not where they were', async () => {
    const approved = zeroed(ORIGINAL, 4, 5);
    const more = await compared(zeroed(approved, 9, 30, 31), approved);
    expect(numbers(more.rows)[0]).toEqual(['embedding', 0, null, 3, 0]);
    expect(more.found).toMatchObject([{ level: 'fail', change: 'zeroed', rows: 3, of: 40 }]);
    const same = await compared(zeroed(ORIGINAL, 4, 5), approved);
    expect(numbers(same.rows)[0]).toEqual(['embedding', ...SAME]);
    expect(same.found).toEqual([]);
  });

  it('may be equal to each other where the original has them so', async () => {
    const twins = moved(EMBEDDING, (row) => Math.min(row, 30));
    const { rows, found } = await compared(
      twins,
      moved(EMBEDDING, (row) => Math.min(row, 30)),
    );
    expect(numbers(rows)[0]).toEqual(['embedding', ...SAME]);
    expect(found).toEqual([]);
  });

  it('are compared once in a tied model', async () => {
    const tied = changed({ [HEAD]: undefined }, { tie_word_embeddings: true });
    expect(numbers((await compared(tied, tied)).rows)).toEqual([['embedding', ...SAME]]);
  });

  it('are compared where both have them, and new ones are counted', async () => {
    const { dtype, data } = stored(EMBEDDING);
    const padding = new Uint8Array(Float32Array.from({ length: 8 * COLUMNS }, (_, i) => Math.sin(i)).buffer);
    const longer = { dtype, shape: [48, COLUMNS], data: Buffer.concat([data, padding]) };
    const { rows, found } = await compared(changed({ [EMBEDDING]: longer }));
    expect(rows?.[0]).toMatchObject({ candidate: 48, original: 40, others: { rows: 0 }, moved: { rows: 0 } });
    expect(found).toMatchObject([{ level: 'info', change: 'added', rows: 8, of: 40 }]);
    const shorter = await compared(ORIGINAL, changed({ [EMBEDDING]: longer }));
    expect(shorter.rows?.[0]).toMatchObject({ candidate: 40, original: 48, others: { rows: 0 } });
    expect(shorter.found).toEqual([]);
  });

  it('are found behind the rounding of another format', async () => {
    const { shape, data } = stored(EMBEDDING);
    // bfloat16 is the upper half of a float32; row i gets that of token 39 − i.
    const words = new Uint32Array(Uint8Array.from(data).buffer).map((bits) => (bits + 0x8000) >>> 16);
    const order = (i: number) => (39 - Math.floor(i / COLUMNS)) * COLUMNS + (i % COLUMNS);
    const halves = (from: (i: number) => number) => Uint16Array.from(words, (_, i) => words[from(i)] ?? 0);
    const as = (values: Uint16Array) =>
      changed({ [EMBEDDING]: { dtype: 'BF16', shape, data: new Uint8Array(values.buffer) } });
    expect(numbers((await compared(as(halves((i) => i)))).rows)[0]).toEqual(['embedding', ...SAME]);
    expect(numbers((await compared(as(halves(order)))).rows)[0]).toEqual(['embedding', 40, null, 0, 0]);
  });

  it('that point elsewhere are counted, and fail from a tenth on', async () => {
    const turned = (...rows: number[]) =>
      editedCopy(ORIGINAL, EMBEDDING, (values) => {
        for (const row of rows)
          for (let i = 0; i < COLUMNS; i += 1) values[row * COLUMNS + i] = -(values[row * COLUMNS + i] ?? 0);
      });
    const few = await compared(turned(1, 2, 3));
    expect(numbers(few.rows)[0]).toEqual(['embedding', 0, null, 0, 3]);
    expect(few.found).toMatchObject([{ level: 'warn', change: 'moved', rows: 3, of: 40 }]);
    expect((await compared(turned(1, 2, 3, 4))).found).toMatchObject([{ level: 'fail', rows: 4 }]);
  });

  it('are compared with the reference if the baseline has no weights here', async () => {
    const checkpoint = moved(EMBEDDING, (row) => (row + 1) % 40);
    const { report } = await runGate({ checkpoint, reference: ORIGINAL, only: 'spectra' });
    expect(report.vocabularyRows?.[0]).toMatchObject({ against: 'reference', others: { rows: 40 } });
    const alone = await runGate({ checkpoint, only: 'spectra' });
    expect(alone.report.vocabularyRows).toBeUndefined();
  });

  it('are found behind the codes of four bits, expanded as a whole', async () => {
    const quantized = fixture('quantized', 'mlx-affine');
    const tensors = readRaw(join(quantized, 'model.safetensors'));
    const parts = ['weight', 'scales', 'biases'].map((part) => `model.embed_tokens.${part}`);
    const [codes, scales, biases] = parts.map((name) => tensors[name]?.data ?? new Uint8Array());
    const half = (data: Uint8Array | undefined, i: number) =>
      new Float32Array(Uint8Array.of(0, 0, data?.[2 * i] ?? 0, data?.[2 * i + 1] ?? 0).buffer)[0] ?? 0;
    // MLX: w = code · scale + bias in groups of 32, the low half of a byte first. The original is within half a step.
    const numbersBefore = Array.from({ length: 48 * 64 }, (_, i) => {
      const code = ((codes?.[i >> 1] ?? 0) >> (4 * (i % 2))) & 15;
      const group = Math.floor(i / 32);
      return half(scales, group) * (code + ((i * 0.618) % 1) - 0.5) + half(biases, group);
    });
    const write = (changes: Record<string, RawTensor>, removed: readonly string[] = []) => {
      const folder = join(temporaryFolder(), 'checkpoint');
      cpSync(quantized, folder, { recursive: true });
      const kept = Object.entries({ ...tensors, ...changes }).filter(([name]) => !removed.includes(name));
      writeSafetensors(join(folder, 'model.safetensors'), Object.fromEntries(kept));
      return folder;
    };
    const original = write({ [EMBEDDING]: float32([48, 64], numbersBefore) }, parts.slice(1));
    expect(numbers((await compared(quantized, original)).rows)[0]).toEqual(['embedding', ...SAME]);
    const rolled = Object.fromEntries(
      parts.flatMap((name) => {
        const tensor = tensors[name];
        if (!tensor) return [];
        const bytes = tensor.data.length / 48;
        const data = Buffer.concat([tensor.data.subarray(bytes), tensor.data.subarray(0, bytes)]);
        return [[name, { ...tensor, data }]];
      }),
    );
    expect(numbers((await compared(write(rolled), original)).rows)[0]).toEqual(['embedding', 48, 1, 0, 0]);
  });

  it('of an adapter are those that it stores whole', async () => {
    const reference = fixture('language-models', 'llama');
    const rowsOf = async (name: string) => {
      const { report } = await runGate({ checkpoint: fixture('adapters', name), reference, only: 'spectra' });
      return report.vocabularyRows?.map(({ matrix, against }) => [matrix, against]);
    };
    expect(await rowsOf('saved')).toEqual([['output matrix', 'reference']]);
    expect(await rowsOf('regex')).toEqual([]);
  });
});
