export type { Decoder, Layer } from './architectures/decoder.ts';
export { describeConfig } from './architectures/describe-config.ts';
export { describeDecoder } from './architectures/describe-decoder.ts';
export { MODEL_FAMILIES } from './architectures/families/index.ts';
export { VISION_LANGUAGE } from './architectures/vision-language.ts';
export type { OnWork, Sequence } from './engine.ts';
export { type EndpointSource, type Model, type ModelSource, withModel } from './model.ts';
export {
  examineModel,
  expectModelMemory,
  openCheckpointSource,
  openEngine,
  openModelTokenizer,
  outlineModel,
} from './open-model.ts';
export type { RequestRefusal } from './refusal.ts';
export { type FileResult, generateFile, type RequestFileOptions, scoreFile } from './request-files.ts';
export {
  type GenerateRequest,
  parseGenerateRequests,
  parseScoreRequests,
  type ScoreRequest,
  toJsonLines,
} from './requests.ts';
export type { ExpectedMemory } from './runtime/memory-plan.ts';
export { OnnxEngine } from './runtime/onnx-engine.ts';
export type { ScoreAnswer } from './score.ts';
