export { bytesToLetters } from './byte-letters.ts';
export { namedTemplates, renderChat } from './chat-template.ts';
export {
  encodedTexts,
  encodePair,
  leadingTokens,
  ROLLING_RULES,
  type RollingRule,
  rollingWindows,
  truncateLeft,
} from './encode.ts';
export { digestGgufTokens, findTokenSource } from './gguf/token-source.ts';
export { findTokenizer, openTokenizer } from './open-tokenizer.ts';
export { readSpecialTokens } from './special-tokens.ts';
export { TokenizerStopped } from './start-tokenizer.ts';
export { localTime } from './strftime.ts';
export { tokenizerOfTekken } from './tekken.ts';
export { digestTokenFiles } from './token-files.ts';
export { openTokenPlace, reopenTokens, type TokenPlace } from './token-place.ts';
export type { Tokenizer } from './tokenizer.ts';
export { type BuiltClass, tokenizerClass } from './transformers-class.ts';
