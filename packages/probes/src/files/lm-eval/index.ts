export { askedChoices } from './asked-choices.ts';
export { DEFAULT_MAX_TOKENS } from './asked-generation.ts';
export { type LmEvalSample, readSample, sampleLogprobs } from './sample.ts';
export { taskAnswerRule, taskFilterNames } from './task-answer-rule.ts';
export { resultsBeside, type TaskConfig, taskConfigSchema } from './task-config.ts';
