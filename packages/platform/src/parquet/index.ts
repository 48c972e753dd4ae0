export { parquetBytes, readParquet, readParquetFile } from './parquet.ts';
export { floatColumns, type ParquetSource } from './parquet-footer.ts';
export type { ParquetValue } from './parquet-values.ts';
