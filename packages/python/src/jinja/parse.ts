import type { Environment } from './environment.ts';
import { lex } from './lex.ts';
import { isCall, parseFilter, parseJinjaExpression, parseTuple } from './parse-expression.ts';
import type { AssignmentTarget, Body, JinjaExpression, JinjaStatement, Signature } from './syntax.ts';
import { TokenStream } from './tokens.ts';
import { NotRead, TemplateError } from './value.ts';

/** The tree of a template. @throws TemplateError if Jinja 3.1 fails, NotRead for its tags that are not read here */
export function parse(source: string, environment: Environment): Body {
  const tokens = new TokenStream(lex(source, environment), environment.tags);
  const body = parseBody(tokens, []);
  for (const { kind, name, conditional } of tokens.uses) {
    const known = kind === 'filter' ? environment.filters : environment.tests;
    if (!conditional && !known.has(name)) throw new TemplateError(`there is no ${kind} ${name}`);
  }
  return body;
}

/** Everything up to one of these tags, whose name is then the next token; without ends, the whole template. */
function parseBody(tokens: TokenStream, ends: readonly string[]): Body {
  const body: JinjaStatement[] = [];
  for (;;) {
    const token = tokens.next();
    switch (token.kind) {
      case 'end':
        if (ends.length > 0) tokens.fail(`${ends.at(-1)} is missing`);
        return body;
      case 'text':
        body.push({ kind: 'text', text: token.text });
        break;
      case 'variable-begin':
        body.push({ kind: 'output', value: parseTuple(tokens) });
        tokens.expect('variable-end');
        break;
      default: {
        if (tokens.isName(...ends)) return body;
        body.push(...tokens.nested(() => parseStatement(tokens)));
        tokens.expect('block-end');
      }
    }
  }
}

function parseBlock(tokens: TokenStream, ...ends: readonly string[]): { body: Body; end: string } {
  tokens.skipOperator(':');
  tokens.expect('block-end');
  const body = parseBody(tokens, ends);
  return { body, end: tokens.expectName() };
}

/** A body with its own scope, which ignores conditions around it. */
const parseHard = (tokens: TokenStream, end: string): Body => tokens.within({}, () => parseBlock(tokens, end)).body;

const EXTENSIONS = ['break', 'continue', 'generation'];
const NOT_READ = ['block', 'extends', 'include', 'import', 'from', 'autoescape'];

const STATEMENTS = new Map<string, (tokens: TokenStream) => JinjaStatement>([
  ['if', (tokens) => tokens.within({ conditional: true }, () => parseIf(tokens))],
  ['for', parseFor],
  ['set', parseSet],
  ['macro', parseMacro],
  ['call', parseCall],
  ['filter', (tokens) => ({ kind: 'filter-block', filter: parseChain(tokens), body: parseHard(tokens, 'endfilter') })],
  ['with', parseWith],
  ['generation', (tokens) => ({ kind: 'generation', body: parseFunction(tokens, 'endgeneration').body })],
]);

function parseStatement(tokens: TokenStream): JinjaStatement[] {
  const tag = tokens.expectName();
  if (EXTENSIONS.includes(tag) && !tokens.tags.has(tag)) tokens.fail(`the tag ${tag} is unknown`);
  if (tag === 'print') return parsePrint(tokens);
  if (tag === 'break' || tag === 'continue') {
    if (!tokens.inLoop) tokens.fail(`${tag} stands outside of a loop`);
    return [{ kind: tag }];
  }
  const parseTag = STATEMENTS.get(tag);
  if (parseTag !== undefined) return [parseTag(tokens)];
  if (NOT_READ.includes(tag)) throw new NotRead(`the tag ${tag} is not read`);
  return tokens.fail(`the tag ${tag} is unknown`);
}

function parseIf(tokens: TokenStream): JinjaStatement {
  const branches: { test: JinjaExpression; body: Body }[] = [];
  for (;;) {
    const test = parseTuple(tokens, { condition: false });
    const { body, end } = parseBlock(tokens, 'elif', 'else', 'endif');
    branches.push({ test, body });
    if (end === 'elif') continue;
    return { kind: 'if', branches, otherwise: end === 'else' ? parseBlock(tokens, 'endif').body : [] };
  }
}

function parseFor(tokens: TokenStream): JinjaStatement {
  const target = parseTarget(tokens, { end: 'in' });
  tokens.expectName('in');
  const iterable = parseTuple(tokens, { condition: false, end: 'recursive' });
  const test = tokens.skipName('if') ? parseJinjaExpression(tokens) : null;
  const recursive = tokens.skipName('recursive');
  const { body, end } = tokens.within({ inLoop: true }, () => parseBlock(tokens, 'endfor', 'else'));
  const otherwise = end === 'else' ? parseHard(tokens, 'endfor') : [];
  return { kind: 'for', target, iterable, test, recursive, body, otherwise };
}

function parseSet(tokens: TokenStream): JinjaStatement {
  const target = parseTarget(tokens, { namespace: true });
  if (tokens.skipOperator('=')) return { kind: 'set', target, value: parseTuple(tokens) };
  const filter = tokens.skipOperator('|') ? parseChain(tokens) : null;
  return { kind: 'set-block', target, filter, body: parseHard(tokens, 'endset') };
}

/** Filters for the body of a block. */
function parseChain(tokens: TokenStream) {
  let filter = parseFilter(tokens, null);
  while (tokens.skipOperator('|')) filter = parseFilter(tokens, filter);
  return filter;
}

function parseMacro(tokens: TokenStream): JinjaStatement {
  const name = parseName(tokens);
  const signature = parseSignature(tokens);
  return { kind: 'macro', name, signature, ...parseFunction(tokens, 'endmacro') };
}

function parseCall(tokens: TokenStream): JinjaStatement {
  const signature = tokens.isOperator('(') ? parseSignature(tokens) : { names: [], defaults: [] };
  const call = parseJinjaExpression(tokens);
  if (!isCall(call)) return tokens.fail('a call is missing');
  const macro = { kind: 'macro', name: 'caller', signature, ...parseFunction(tokens, 'endcall') } as const;
  return { kind: 'call', call, macro };
}

function parseFunction(tokens: TokenStream, end: string): { readonly body: Body; readonly names: ReadonlySet<string> } {
  const { parsed, names } = tokens.namesIn(() => tokens.within({ inLoop: false }, () => parseBlock(tokens, end)));
  return { body: parsed.body, names };
}

function parseWith(tokens: TokenStream): JinjaStatement {
  const targets: AssignmentTarget[] = [];
  const values: JinjaExpression[] = [];
  while (tokens.current.kind !== 'block-end') {
    if (targets.length > 0) tokens.expectOperator(',');
    targets.push(parseTarget(tokens));
    tokens.expectOperator('=');
    values.push(parseJinjaExpression(tokens));
  }
  return { kind: 'with', targets, values, body: parseHard(tokens, 'endwith') };
}

function parsePrint(tokens: TokenStream): JinjaStatement[] {
  const outputs: JinjaStatement[] = [];
  while (tokens.current.kind !== 'block-end') {
    if (outputs.length > 0) tokens.expectOperator(',');
    outputs.push({ kind: 'output', value: parseJinjaExpression(tokens) });
  }
  return outputs;
}

function parseSignature(tokens: TokenStream): Signature {
  tokens.expectOperator('(');
  const names: string[] = [];
  const defaults: JinjaExpression[] = [];
  while (!tokens.isOperator(')')) {
    if (names.length > 0) tokens.expectOperator(',');
    const name = parseName(tokens);
    if (names.includes(name)) tokens.fail(`there are two parameters ${name}`);
    names.push(name);
    if (tokens.skipOperator('=')) defaults.push(parseJinjaExpression(tokens));
    else if (defaults.length > 0) tokens.fail('a parameter without a default stands behind one with a default');
  }
  tokens.expectOperator(')');
  return { names, defaults };
}

const CONSTANTS = ['true', 'false', 'none', 'True', 'False', 'None'];

function parseName(tokens: TokenStream): string {
  const name = tokens.expectName();
  if (CONSTANTS.includes(name)) tokens.fail(`${name} cannot be assigned to`);
  return name;
}

/** One name, or several with commas or parentheses. */
function parseTarget(tokens: TokenStream, options: { end?: string; namespace?: boolean } = {}): AssignmentTarget {
  const items: AssignmentTarget[] = [];
  let isTuple = false;
  for (;;) {
    if (items.length > 0) tokens.expectOperator(',');
    const { kind } = tokens.current;
    const ended = kind === 'block-end' || tokens.isOperator(')');
    if (ended || (options.end !== undefined && tokens.isName(options.end))) break;
    items.push(parseSingleTarget(tokens, options));
    if (!tokens.isOperator(',')) break;
    isTuple = true;
  }
  const [only] = items;
  if (only === undefined) return tokens.fail('a name is missing');
  return isTuple ? { kind: 'tuple', items } : only;
}

function parseSingleTarget(tokens: TokenStream, options: { namespace?: boolean }): AssignmentTarget {
  if (tokens.skipOperator('(')) {
    const inner = tokens.nested(() => parseTarget(tokens, { ...options, end: ')' }));
    tokens.expectOperator(')');
    return inner;
  }
  const name = parseName(tokens);
  if (!options.namespace || !tokens.skipOperator('.')) return { kind: 'name', name };
  return { kind: 'namespace', name, attribute: tokens.expectName() };
}
