import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import description from '../openapi-requests.json' with { type: 'json' };
import type { Call } from './http.ts';

interface Request {
  readonly line: string;
  /** Matches `GET /repos/o/r/pulls/7`, with the parameters of the path as named groups. */
  readonly pattern: RegExp;
  readonly path: ValidateFunction;
  readonly query: ValidateFunction;
  /** Null if there is no body. */
  readonly body: ValidateFunction | null;
  readonly bodyRequired: boolean;
}

/** Numbers are text in an address, and numbers in a body. */
const addresses = formatted(new Ajv({ allErrors: true, coerceTypes: true }));
const bodies = formatted(new Ajv({ allErrors: true, allowUnionTypes: true }));
/** A path or a ref may contain slashes, which the client does not escape. */
const WITH_SLASHES = new Set(['path', 'ref']);

const requests: readonly Request[] = Object.entries(description.requests).map(([line, given]) => ({
  line,
  pattern: patternOf(line),
  path: addresses.compile(given.path),
  query: addresses.compile(given.query),
  body: 'body' in given ? bodies.compile(given.body) : null,
  bodyRequired: 'bodyRequired' in given && given.bodyRequired,
}));

/** What is wrong with a request according to GitHub's own description; null if nothing is. */
export function mistakeIn({ method, path, url, json }: Call): string | null {
  const line = `${method} ${path}`;
  for (const request of requests) {
    const match = request.pattern.exec(line);
    if (!match) continue;
    const parts = Object.entries({ ...match.groups }).map(([name, part]) => [name, decodeURIComponent(part)]);
    const mistakes = [
      ...mistakesOf(request.path, Object.fromEntries(parts), 'path'),
      ...mistakesOf(request.query, Object.fromEntries(url.searchParams), 'query'),
    ];
    if (json === undefined) mistakes.push(...(request.bodyRequired ? ['body is missing'] : []));
    else mistakes.push(...(request.body ? mistakesOf(request.body, json, 'body') : ['body is not expected']));
    return mistakes.length > 0 ? `${line}: ${mistakes.join(', ')}` : null;
  }
  return `${line}: no such path in ${description.source}`;
}

function mistakesOf(validate: ValidateFunction, value: unknown, dataVar: string): string[] {
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) => {
    const name = 'additionalProperty' in params ? ` (${params.additionalProperty})` : '';
    return `${dataVar}${instancePath} ${message}${name}`;
  });
}

function patternOf(line: string): RegExp {
  const pattern = line.replace(
    /\{(\w+)\}/g,
    (_, name: string) => `(?<${name}>${WITH_SLASHES.has(name) ? '.+' : '[^/]+'})`,
  );
  return new RegExp(`^${pattern}$`);
}

function formatted(ajv: Ajv): Ajv {
  addFormats.default(ajv);
  return ajv.addFormat('repo.nwo', true);
}
