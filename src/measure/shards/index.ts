export { mergeFiles } from './merge.ts';
export { parseShard, SHARD_WORDS, type Shard } from './shard.ts';
