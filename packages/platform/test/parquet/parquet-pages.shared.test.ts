import { readFileSync } from 'node:fs';
import { at } from '@shadow-gate/platform';
import { parquetBytes, readParquet } from '@shadow-gate/platform/parquet';
import { parquetMetadata, parquetSchema } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { describe, expect, it } from 'vitest';
import { fixture } from '../../../../test/fixtures.ts';
import { checkPages, columnChunk } from '../../src/parquet/parquet-pages.ts';

const LIMITS = { compressors, bytes: 2 ** 20 };

/** The bytes of a column, and what the footer says of it. */
function columnOf(name: string, column: number) {
  const bytes = Uint8Array.from(readFileSync(fixture('parquet', `${name}.parquet`)));
  const footer = parquetMetadata(bytes);
  const metadata = at(at(footer.row_groups, 0).columns, column).meta_data;
  if (metadata === undefined) throw new Error('no metadata');
  const chunk = columnChunk(metadata, parquetSchema(footer));
  return { chunk, view: new DataView(bytes.buffer, chunk.start, chunk.end - chunk.start) };
}

describe('the headers of the pages of a column', () => {
  it.each(['none', 'snappy', 'plain', 'delta'])('agree with the footer in a file of pyarrow (%s)', (name) => {
    for (const column of [0, 2, 3, 6]) {
      const { chunk, view } = columnOf(name, column);
      expect(() => checkPages(view, chunk, LIMITS)).not.toThrow();
      expect(() => checkPages(view, { ...chunk, values: chunk.values - 1 }, LIMITS)).toThrow(/the footer announces/);
      expect(() => checkPages(view, chunk, { ...LIMITS, bytes: 10 })).toThrow(/a page is too large/);
      const cut = new DataView(view.buffer, view.byteOffset, view.byteLength - 5);
      expect(() => checkPages(cut, chunk, LIMITS)).toThrow(/longer than its column/);
    }
  });

  it('are checked before a page with two billion values is unpacked', async () => {
    const bytes = Uint8Array.from(readFileSync(fixture('parquet', 'none.parquet')));
    // The column `answer` of the first row group: its data page of 15 values, a zigzag varint in the compact protocol.
    const { chunk } = columnOf('none', 3);
    const huge = Buffer.from([0xfe, 0xff, 0xff, 0xff, 0x0f]);
    for (let i = chunk.start; i < chunk.end; i++) {
      if (bytes[i] !== 30) continue;
      const hostile = Buffer.concat([bytes.subarray(0, i), huge, bytes.subarray(i + 1)]);
      const started = performance.now();
      await expect(readParquet(parquetBytes(hostile, 'x'))).rejects.toThrow(/x cannot be read as parquet: /);
      expect(performance.now() - started).toBeLessThan(2000);
    }
  });
});
