export { type LmEvalSample, readSample, sampleLogprobs } from './sample.ts';
export { taskAnswerRule } from './task-answer-rule.ts';
export { resultsBeside, type TaskConfig, taskConfigSchema } from './task-config.ts';
