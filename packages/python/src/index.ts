export { parsePythonJson } from './json.ts';
export { literalEval } from './literal.ts';
export { repr, reprFloat, toText } from './print.ts';
export { parsePrintedLiteral } from './printed-literal.ts';
export {
  compileRegex,
  escapeRegex,
  findAll,
  type PythonRegex,
  type RegexMatch,
  removeAll,
  replaceAll,
} from './regex.ts';
export { isSpace, PUNCTUATION, strip } from './text.ts';
export {
  equals,
  isDict,
  isInt,
  isList,
  isTrue,
  type PythonDict,
  PythonError,
  PythonFloat,
  PythonTuple,
  type PythonValue,
  pythonElements,
  pythonNumber,
} from './value.ts';
