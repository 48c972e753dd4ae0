export { measuredItem } from './measured-item.ts';
export { machineRecord } from './run-record.ts';
export { WITHOUT_WEIGHTS } from './without-weights.ts';
