export type { OnWork, Sequence } from './engine.ts';
export { type EndpointSource, type Model, type ModelSource, withModel } from './model.ts';
export { examineModel, expectModelMemory, openCheckpointSource, openModelTokenizer } from './open-model.ts';
export type { RequestRefusal } from './refusal.ts';
export { type FileResult, generateFile, type RequestFileOptions, scoreFile } from './request-files.ts';
export { type GenerateRequest, type ScoreRequest, toJsonLines } from './requests.ts';
export type { ExpectedMemory } from './runtime/memory-plan.ts';
export type { ScoreAnswer } from './score.ts';
