export type { DetailsPlace } from './details.ts';
export { findingText, wordsOf } from './finding.ts';
export { verdictSentence } from './verdict.ts';
