export { ruleSchema } from './fields/item-fields.ts';
export { toJsonl } from './paired/paired-record.ts';
export { type FileSuite, type ProbeFileOptions, readProbeFile } from './read.ts';
