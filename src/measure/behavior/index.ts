export { describeFiles } from './behavior-files.ts';
