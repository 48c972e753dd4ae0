export { isMergeable } from './best.ts';
export { type SweptCheckpoint, sweptCheckpoint } from './row.ts';
export type { Best, CheckedRow, NamedCheckpoint, Sweep, SweepRow } from './schema.ts';
export { summarizeSweep, worstVerdict } from './summarize.ts';
