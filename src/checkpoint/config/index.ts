export { MAX_EXPERTS, parseJsonObject, readConfig } from './architecture.ts';
export { type ConfigKind, configKindIn } from './config-kinds.ts';
export { configOfParams, PARAMS_FILE } from './params.ts';
