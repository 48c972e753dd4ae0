export { readTextSuite } from './read-text-suite.ts';
export { BUILTIN_TEXTS, builtinTexts, type PlainText, type TextSuite } from './text-suite.ts';
