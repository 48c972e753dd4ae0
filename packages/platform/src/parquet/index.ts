export { type ParquetSource, type ParquetValue, parquetBytes, readParquet, readParquetFile } from './parquet.ts';
export { floatColumns } from './parquet-footer.ts';
