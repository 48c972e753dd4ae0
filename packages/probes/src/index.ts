export { answerTokens } from './answer-tokens.ts';
export {
  estimatePasses,
  estimateRun,
  type PassesEstimate,
  pilotSeconds,
  type RunEstimate,
  sharesOfTime,
  type Trial,
} from './estimate.ts';
export { judgeAnswer } from './exact-answer.ts';
export { isNeededForm, leftOutWith, selectFitting } from './fits-context.ts';
export { comparableText, pieceCount } from './forms/text.ts';
export { freshItems } from './fresh.ts';
export { choiceOutcome, type Outcome, targetLikelihood } from './outcome.ts';
export { chooseLevels, pilotSize } from './pilot.ts';
export { expectChatTemplate, isTemplated, PROBE_DATE, scoredTexts } from './prompt.ts';
export { chooseReadings } from './reading.ts';
export { REFUSAL_PATTERNS, REFUSAL_TOKENS } from './refusal.ts';
export {
  answerLimit,
  itemStops,
  type LeftOutItem,
  prepareModel,
  type RunProbesOptions,
  type RunResult,
  runChunks,
  splitIntoChunks,
} from './run.ts';
export { leadingDigest, PLACEHOLDER } from './spelling.ts';
