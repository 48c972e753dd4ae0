// Cuts the parameters and bodies of the paths in use from GitHub's description of its API: the fake GitHub of the tests
// checks requests against them. The description itself is too large to depend on:
//   npm pack @octokit/openapi@23.0.2 && tar xzf octokit-openapi-*.tgz
//   npx tsx scripts/slice-openapi.ts package/generated/api.github.com.json
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const VERSION = '23.0.2';
const TARGET = fileURLToPath(new URL('../test/github/openapi-requests.json', import.meta.url));
const REPOSITORY = '/repos/{owner}/{repo}';

const IN_USE = [
  'GET /user',
  `GET ${REPOSITORY}`,
  ...['artifacts', 'artifacts/{artifact_id}/{archive_format}', 'caches'].map(
    (path) => `GET ${REPOSITORY}/actions/${path}`,
  ),
  ...['{run_id}', '{run_id}/artifacts'].map((path) => `GET ${REPOSITORY}/actions/runs/${path}`),
  `POST ${REPOSITORY}/attestations`,
  `POST ${REPOSITORY}/check-runs`,
  `PATCH ${REPOSITORY}/check-runs/{check_run_id}`,
  `GET ${REPOSITORY}/commits/{ref}/check-runs`,
  `GET ${REPOSITORY}/compare/{basehead}`,
  `GET ${REPOSITORY}/contents/{path}`,
  `GET ${REPOSITORY}/git/ref/{ref}`,
  `GET ${REPOSITORY}/git/commits/{commit_sha}`,
  `GET ${REPOSITORY}/git/blobs/{file_sha}`,
  `GET ${REPOSITORY}/git/trees/{tree_sha}`,
  ...['blobs', 'commits', 'refs', 'trees'].map((what) => `POST ${REPOSITORY}/git/${what}`),
  ...['PATCH', 'DELETE'].map((method) => `${method} ${REPOSITORY}/git/refs/{ref}`),
  ...['GET', 'POST'].map((method) => `${method} ${REPOSITORY}/issues`),
  `PATCH ${REPOSITORY}/issues/{issue_number}`,
  `GET ${REPOSITORY}/issues/events`,
  `GET ${REPOSITORY}/issues/{issue_number}/events`,
  `GET ${REPOSITORY}/collaborators/{username}/permission`,
  ...['GET', 'POST'].map((method) => `${method} ${REPOSITORY}/issues/{issue_number}/comments`),
  ...['PATCH', 'DELETE'].map((method) => `${method} ${REPOSITORY}/issues/comments/{comment_id}`),
  ...['GET', 'POST'].map((method) => `${method} ${REPOSITORY}/pulls`),
  ...['GET', 'PATCH'].map((method) => `${method} ${REPOSITORY}/pulls/{pull_number}`),
];

type Constraints = Record<string, unknown>;

/** A schema, or a reference to one. */
interface Schema {
  readonly [keyword: string]: unknown;
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly nullable?: boolean;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}
interface Parameter {
  readonly $ref?: string;
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: Schema;
}
interface Body {
  readonly $ref?: string;
  readonly required?: boolean;
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
}
interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Body;
}
interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** What constrains a value; descriptions, examples and defaults do not. */
const KEYWORDS = [
  ...['type', 'enum', 'format', 'pattern', 'required', 'additionalProperties'],
  ...['minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems'],
];

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: npx tsx scripts/slice-openapi.ts api.github.com.json');
const description: Description = JSON.parse(await readFile(file, 'utf8'));
const requests = Object.fromEntries(IN_USE.map((line) => [line, requestOf(line)]));
const source = `@octokit/openapi ${VERSION}, generated/api.github.com.json, cut by scripts/slice-openapi.ts`;
const license = (await readFile(join(dirname(file), '../LICENSE'), 'utf8')).trim();
await writeFile(TARGET, JSON.stringify({ source, license, requests }));
execFileSync('npx', ['biome', 'check', '--write', TARGET], { stdio: 'inherit' });

function requestOf(line: string) {
  const [method = '', path = ''] = line.split(' ');
  const operation = description.paths[path]?.[method.toLowerCase()];
  if (!operation) throw new Error(`GitHub has no ${line}`);
  const parameters = (operation.parameters ?? []).map(resolved);
  const body = resolved(operation.requestBody ?? {});
  const schema = body.content?.['application/json']?.schema;
  return {
    path: objectOf(parameters.filter((parameter) => parameter.in === 'path')),
    query: objectOf(parameters.filter((parameter) => parameter.in === 'query')),
    ...(schema ? { body: constraintsOf(schema), bodyRequired: body.required === true } : {}),
  };
}

function objectOf(parameters: readonly Parameter[]): Constraints {
  return {
    type: 'object',
    properties: Object.fromEntries(parameters.map(({ name, schema }) => [name, constraintsOf(schema)])),
    required: parameters.filter(({ required }) => required).map(({ name }) => name),
    additionalProperties: false,
  };
}

/** OpenAPI 3.0's schema as JSON Schema. */
function constraintsOf(given: Schema): Constraints {
  const schema = resolved(given);
  const kept: Constraints = Object.fromEntries(
    KEYWORDS.filter((key) => key in schema).map((key) => [key, schema[key]]),
  );
  if (schema.items) kept.items = constraintsOf(schema.items);
  for (const key of ['oneOf', 'anyOf', 'allOf'] as const) {
    if (schema[key]) kept[key] = schema[key].map(constraintsOf);
  }
  if (schema.properties) {
    kept.properties = Object.fromEntries(
      Object.entries(schema.properties).map(([name, property]) => [name, constraintsOf(property)]),
    );
    // GitHub ignores a property that it does not know, and so a misspelled one.
    kept.additionalProperties ??= false;
  }
  return schema.nullable ? orNull(kept) : kept;
}

function orNull(schema: Constraints): Constraints {
  if (schema.type === undefined) return { anyOf: [schema, { type: 'null' }] };
  return {
    ...schema,
    type: [schema.type, 'null'],
    ...(Array.isArray(schema.enum) ? { enum: [...schema.enum, null] } : {}),
  };
}

/** What a reference stands for, and anything else as it is. */
function resolved<T extends { readonly $ref?: string }>(value: T): T {
  if (value.$ref === undefined) return value;
  const keys = value.$ref.split('/').slice(1);
  return keys.reduce<unknown>((at, key) => (at as Readonly<Record<string, unknown>>)[key], description) as T;
}
