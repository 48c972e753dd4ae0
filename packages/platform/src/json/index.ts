export { canonicalJson } from './canonical-json.ts';
export { type FirstIssue, validate, validateFields } from './first-issue.ts';
export { isObject } from './is-object.ts';
export { jsonLines } from './json-lines.ts';
export { parseJsonWithNaN, withoutNonFinite } from './json-with-nan.ts';
export { endOfString, parseJson } from './parse-json.ts';
export { plainIssue } from './plain-issue.ts';
export { seal, unseal } from './sealed-json.ts';
export { parseVersioned, readSchema, readVersioned, type VersionedFormat } from './versioned-json.ts';
