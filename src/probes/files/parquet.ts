import { parquetBytes, readParquet } from '../../platform/parquet.ts';
import type { ProbeRecord } from './records.ts';

/** Every row has all columns: a missing value is a missing field, except where the row would have another format without it. */
const KEPT_WHEN_NULL: ReadonlySet<string> = new Set(['question', 'prompt', 'form']);

/**
 * The records of a parquet file. They are counted from 1: `line` is the number of a row.
 * @throws UserError for a file that is not such a parquet file
 */
export async function readParquetRecords(bytes: Buffer, file: string): Promise<ProbeRecord[]> {
  const rows = await readParquet(parquetBytes(bytes, file));
  return rows.map((row, i) => ({
    line: i + 1,
    where: `${file}: row ${i + 1}`,
    fields: Object.fromEntries(
      Object.entries(row).filter(([name, value]) => value !== null || KEPT_WHEN_NULL.has(name)),
    ),
  }));
}
