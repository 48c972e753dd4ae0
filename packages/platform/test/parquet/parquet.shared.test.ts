import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { parquetBytes, readParquet, readParquetFile } from '@shadow-gate/platform/parquet';
import { parquetMetadata } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { fixture, readJson, temporaryFolder } from '../../../../test/fixtures.ts';

const file = (name: string) => fixture('parquet', name);
const ROWS = readJson<object[]>(file('rows.json'));

async function errorOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(UserError);
  const { message } = error as UserError;
  expect(message).not.toMatch(/[\n\r\0]/);
  return message.replaceAll(/\S*\//g, '');
}

describe('a parquet file', () => {
  it.each(['none', 'snappy', 'gzip', 'zstd', 'brotli', 'lz4', 'plain', 'delta'])(
    'that pyarrow wrote (%s) has the rows that pyarrow was given',
    async (name) => {
      expect(await readParquetFile(file(`${name}.parquet`))).toEqual(ROWS);
      expect(await readParquet(parquetBytes(readFileSync(file(`${name}.parquet`)), 'buffer'))).toEqual(ROWS);
    },
  );

  it('has values as JSON would have them', async () => {
    expect(await readParquetFile(file('types.parquet'))).toEqual(readJson(file('types.json')));
  });

  it('may have no rows', async () => {
    expect(await readParquetFile(file('no-rows.parquet'))).toEqual([]);
  });

  it('with more values than fit into memory is refused by their number, before they are unpacked', async () => {
    const bytes = readFileSync(file('bomb.parquet'));
    expect(bytes.length).toBeLessThan(1024);
    const reads: number[] = [];
    const source = parquetBytes(bytes, 'x');
    const slice = (start: number, end?: number) => {
      reads.push(start);
      return source.slice(start, end);
    };
    expect(await errorOf(readParquet({ ...source, slice }))).toBe(
      'x has 45000001 values, and at most 10000000 are read — use a part of it',
    );
    // The footer alone.
    expect(reads).toHaveLength(1);
  });

  it('is read up to the limit of all its columns together, as their footer announces them', async () => {
    const bytes = readFileSync(file('plain.parquet'));
    const columns = parquetMetadata(Uint8Array.from(bytes).buffer).row_groups.flatMap((group) => group.columns);
    const all = columns.reduce((sum, { meta_data: of }) => sum + Number(of?.total_uncompressed_size), 0);
    expect(await readParquet(parquetBytes(bytes, 'x'), { limits: { rows: 100, bytes: all } })).toEqual(ROWS);
    expect(await errorOf(readParquet(parquetBytes(bytes, 'x'), { limits: { rows: 100, bytes: all - 1 } }))).toMatch(
      /^x has \d+ MiB without compression, and at most \d+ MiB are read/,
    );
  });

  it('is read by columns, and only their bytes', async () => {
    const bytes = readFileSync(file('plain.parquet'));
    const source = parquetBytes(bytes, 'x');
    let count = 0;
    const slice = (start: number, end = bytes.length) => {
      count += end - start;
      return source.slice(start, end);
    };
    const rows = await readParquet({ ...source, slice }, { columns: ['answer'] });
    expect(rows).toEqual(ROWS.map((row) => ({ answer: (row as { answer: number }).answer })));
    // The whole of this small file is one first request, which could have the footer.
    expect(count - bytes.length).toBeLessThan(bytes.length / 10);
    expect(await errorOf(readParquet(source, { columns: ['reply'] }))).toBe(
      'x has no column "reply" — it has question, subject, choices, answer, options, targets',
    );
  });
});

describe('a file that is no such parquet', () => {
  const bytes = readFileSync(file('snappy.parquet'));
  const parse = (content: Uint8Array) => errorOf(readParquet(parquetBytes(content, 'x.parquet')));

  it('is named', async () => {
    expect(await parse(Buffer.alloc(0))).toBe('x.parquet is empty — write or download it again');
    for (const text of ['PAR', 'PAR1', 'question,answer\n', '<html>', 'PK\x03\x04'])
      expect(await parse(Buffer.from(text))).toMatch(/^x\.parquet is (not a parquet file|incomplete)/);
    expect(await parse(Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 9\n'))).toMatch(
      /^x\.parquet is a Git LFS pointer, not the file itself — run/,
    );
    expect(await errorOf(readParquetFile(file('nothing.parquet')))).toMatch(/^nothing\.parquet does not exist/);
    expect(await errorOf(readParquetFile(fixture('parquet')))).toMatch(/ is not a regular file/);
  });

  it('is an error wherever it was truncated', async () => {
    for (let length = 1; length < bytes.length; length += 131) {
      expect(await parse(bytes.subarray(0, length))).toMatch(/^x\.parquet is (not a parquet file|incomplete)/);
    }
    const copy = join(temporaryFolder(), 'zeros.parquet');
    writeFileSync(copy, bytes.subarray(0, 900));
    truncateSync(copy, bytes.length + 100_000);
    expect(await errorOf(readParquetFile(copy))).toMatch(/^zeros\.parquet is incomplete: it ends with zeros/);
  });

  it('is an error or has as many rows, whichever byte is wrong', async () => {
    const results = new Set<string>();
    for (let i = 4; i < bytes.length - 4; i += 17) {
      const copy = Buffer.from(bytes);
      copy[i] = (copy[i] ?? 0) ^ 0x55;
      const rows = await readParquet(parquetBytes(copy, 'x.parquet')).catch((error: unknown) => error);
      if (Array.isArray(rows)) results.add('rows');
      else {
        expect(rows).toBeInstanceOf(UserError);
        results.add('error');
      }
    }
    expect([...results].sort()).toEqual(['error', 'rows']);
  });

  it('is refused by what it is', async () => {
    for (const name of ['encrypted', 'encrypted-columns'])
      expect(await errorOf(readParquetFile(file(`${name}.parquet`)))).toMatch(/ is encrypted — write it again without/);
    expect(await errorOf(readParquetFile(file('twice.parquet')))).toMatch(/ has the column "a" twice/);
    const source = parquetBytes(bytes, 'x');
    expect(await errorOf(readParquet(source, { limits: { rows: 39, bytes: 1e9 } }))).toBe(
      'x has 40 rows, and at most 39 are read — use a part of it',
    );
    expect(await errorOf(readParquet(source, { limits: { rows: 40, bytes: 1000 } }))).toMatch(
      /^x has 1 MiB without compression, and at most 1 MiB are read/,
    );
  });
});
