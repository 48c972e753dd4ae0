export { namedTemplates, renderChat } from './chat/chat-template.ts';
export { localTime } from './chat/strftime.ts';
export { type BuiltClass, tokenizerClass } from './classes/transformers-class.ts';
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
export { bytesToLetters } from './pipeline/byte-letters.ts';
export { readSpecialTokens } from './special-tokens.ts';
export { TokenizerStopped } from './start-tokenizer.ts';
export { tokenizerOfTekken } from './tekken.ts';
export { digestTokenFiles } from './token-files.ts';
export { openTokenPlace, reopenTokens, type TokenPlace } from './token-place.ts';
export type { Tokenizer } from './tokenizer.ts';
export { vocabularyParts } from './vocabulary-parts.ts';
