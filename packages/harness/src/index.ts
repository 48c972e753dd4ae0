export { isCountsFile, readCounts } from './counts/read-counts.ts';
export { readEveryEvalEver } from './every-eval-ever/read-benchmarks.ts';
export { readInspect } from './inspect/read-benchmarks.ts';
export { readLighteval } from './lighteval/read-benchmarks.ts';
export { readLmEval } from './lm-eval/read-benchmarks.ts';
export { LOG_KINDS, type LogKind, type Logs, readLogs } from './read-logs.ts';
