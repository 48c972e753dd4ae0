export { MAX_EXPERTS, parseJsonObject, readConfig, UNKNOWN_ARCHITECTURE } from './architecture.ts';
export { type ConfigKind, configKindIn, withNumberKinds } from './config-kinds.ts';
export { configOfParams, PARAMS_FILE } from './params.ts';
