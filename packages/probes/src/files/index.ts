export { ruleSchema } from '../answer-rule.ts';
export { toJsonl } from './paired/paired-record.ts';
export { type FileSuite, type ProbeFileOptions, readProbeFile } from './read.ts';
