import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { plainIssue } from './json/plain-issue.ts';
import { similarWord } from './words.ts';

export interface Position {
  readonly line: number;
  readonly col: number;
}

interface YamlErrors {
  /** Makes the error for a mistake, with its place if that is known. */
  readonly mistake: (at: Position | undefined, what: string) => Error;
  /** Chooses the issue to report for a value that fits none of several forms. */
  readonly innermost?: (issue: z.core.$ZodIssue) => z.core.$ZodIssue;
}

/** Parse and check YAML that a person wrote. An empty document is an empty mapping. @throws the error of `mistake` */
export function parseYaml<T>(text: string, schema: z.ZodType<T>, { mistake, innermost }: YamlErrors): T {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, logLevel: 'error' });
  // A warning is an unknown tag: the value might not be what a reviewer reads.
  const [syntax] = [...document.errors, ...document.warnings];
  if (syntax) {
    const what = syntax.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? 'not YAML';
    throw mistake(syntax.linePos?.[0], what);
  }
  const parsed = schema.safeParse(toValue(document, mistake) ?? {});
  if (parsed.success) return parsed.data;
  const [whole] = parsed.error.issues;
  if (!whole) throw mistake(undefined, 'is not valid');
  const issue = innermost?.(whole) ?? whole;
  const offset = offsetOf(document, issue);
  throw mistake(offset === null ? undefined : lineCounter.linePos(offset), describe(issue, schema));
}

/** Aliases are resolved here: an undefined alias, or an alias bomb, is a mistake in the file. */
function toValue(document: Document, mistake: YamlErrors['mistake']): unknown {
  try {
    return document.toJS({ maxAliasCount: 10 });
  } catch (error) {
    throw mistake(undefined, (error as Error).message);
  }
}

function describe(issue: z.core.$ZodIssue, schema: z.ZodType): string {
  if (issue.code === 'unrecognized_keys') {
    const inside = issue.path.length > 0 ? ` in ${issue.path.join('.')}` : '';
    const similar = similarWord(issue.keys[0] ?? '', knownKeys(schema, issue.path));
    const meant = similar === null ? '' : ` (did you mean ${JSON.stringify(similar)}?)`;
    return `unknown key ${issue.keys.map((key) => JSON.stringify(key)).join(', ')}${inside}${meant}`;
  }
  return [...(issue.path.length > 0 ? [issue.path.join('.')] : []), plainIssue(issue.message)].join(': ');
}

/** The keys that the schema allows at a path in any form; none if any key is allowed. */
function knownKeys(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  const inner = (schema as z.core.$ZodTypes)._zod.def;
  switch (inner.type) {
    case 'object': {
      const [key, ...rest] = path;
      if (key === undefined) return Object.keys(inner.shape);
      const next = inner.shape[String(key)];
      return next ? knownKeys(next, rest) : [];
    }
    case 'array':
      return knownKeys(inner.element, path.slice(1));
    case 'record':
      return path.length === 0 ? [] : knownKeys(inner.valueType, path.slice(1));
    case 'union':
      return inner.options.flatMap((option) => knownKeys(option, path));
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
      return knownKeys(inner.innerType, path);
    case 'pipe':
      return knownKeys(inner.in, path);
    default:
      return [];
  }
}

/** The offset of the unknown key or of the value, or else of the mapping that lacks it. */
function offsetOf(document: Document, issue: z.core.$ZodIssue): number | null {
  const parent = issue.path.length > 0 ? document.getIn(issue.path, true) : document.contents;
  if (issue.code === 'unrecognized_keys' && isMap(parent)) {
    const pair = parent.items.find(({ key }) => isScalar(key) && issue.keys.includes(String(key.value)));
    if (isNode(pair?.key) && pair.key.range) return pair.key.range[0];
  }
  for (let depth = issue.path.length; depth >= 0; depth -= 1) {
    const node = depth === 0 ? document.contents : document.getIn(issue.path.slice(0, depth), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return null;
}
