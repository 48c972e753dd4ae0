export { MAX_EXPERTS, parseJsonObject, readConfig } from './architecture.ts';
export { type Kind, kindIn } from './config-kinds.ts';
export { configOfParams, PARAMS } from './params.ts';
