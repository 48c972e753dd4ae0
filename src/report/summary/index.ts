export { findingText, wordsOf } from './finding.ts';
export { verdictSentence } from './verdict.ts';
