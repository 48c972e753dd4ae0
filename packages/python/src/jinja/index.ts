export type { Environment, Filter } from './environment.ts';
export { FILTERS } from './filters.ts';
export { GLOBALS } from './globals.ts';
export { parse } from './parse.ts';
export { jinjaText } from './print.ts';
export { renderJinja } from './render.ts';
export type { Body } from './syntax.ts';
export { TESTS } from './tests.ts';
export { asIndex, asText, bind, Callable, type JinjaValue, NotRead, TemplateError } from './value.ts';
