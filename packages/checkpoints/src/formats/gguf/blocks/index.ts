import type { BlockFormat } from './blocks.ts';
import { GRID_QUANTS } from './grid-quants.ts';
import { K_QUANTS } from './k-quants.ts';
import { SIMPLE_QUANTS } from './simple-quants.ts';
import { TABLE_QUANTS } from './table-quants.ts';

/** By the names of ggml types. */
export const BLOCK_FORMATS: ReadonlyMap<string, BlockFormat> = new Map(
  Object.entries({ ...SIMPLE_QUANTS, ...K_QUANTS, ...GRID_QUANTS, ...TABLE_QUANTS }),
);
