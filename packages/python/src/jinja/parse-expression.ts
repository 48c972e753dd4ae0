import { narrow } from '../value.ts';
import type {
  CallArguments,
  CallExpression,
  FilterExpression,
  JinjaComparison,
  JinjaExpression,
  Slice,
} from './syntax.ts';
import type { TokenStream } from './tokens.ts';
import { NotRead } from './value.ts';

const NO_CALL: CallArguments = { positional: [], named: [], rest: null, namedRest: null };

/** Expressions of Jinja 3.1: one function per level of precedence, the weakest first. */
export function parseJinjaExpression(tokens: TokenStream): JinjaExpression {
  return tokens.nested(() => parseCondition(tokens));
}

/** A tuple of expressions separated by commas; without a comma, the only expression. */
export function parseTuple(
  tokens: TokenStream,
  { condition = true, parentheses = false, end }: { condition?: boolean; parentheses?: boolean; end?: string } = {},
): JinjaExpression {
  const items: JinjaExpression[] = [];
  let isTuple = false;
  for (;;) {
    if (items.length > 0) tokens.expectOperator(',');
    if (isTupleEnd(tokens, end)) break;
    items.push(condition ? parseJinjaExpression(tokens) : tokens.nested(() => parseOr(tokens)));
    if (!tokens.isOperator(',')) break;
    isTuple = true;
  }
  const [only] = items;
  if (!isTuple && only !== undefined) return only;
  if (items.length === 0 && !parentheses) tokens.fail('an expression is missing');
  return { kind: 'tuple', items };
}

function isTupleEnd(tokens: TokenStream, end: string | undefined): boolean {
  const { kind } = tokens.current;
  if (kind === 'variable-end' || kind === 'block-end' || tokens.isOperator(')')) return true;
  return end !== undefined && tokens.isName(end);
}

function parseCondition(tokens: TokenStream): JinjaExpression {
  const start = tokens.uses.length;
  let then = parseOr(tokens);
  while (tokens.skipName('if')) {
    const test = parseOr(tokens);
    const otherwise = tokens.skipName('else') ? tokens.nested(() => parseCondition(tokens)) : null;
    for (const use of tokens.uses.slice(start)) use.conditional = true;
    then = { kind: 'condition', test, then, otherwise };
  }
  return then;
}

function parseOr(tokens: TokenStream): JinjaExpression {
  let left = parseAnd(tokens);
  while (tokens.skipName('or')) left = { kind: 'or', left, right: parseAnd(tokens) };
  return left;
}

function parseAnd(tokens: TokenStream): JinjaExpression {
  let left = parseNot(tokens);
  while (tokens.skipName('and')) left = { kind: 'and', left, right: parseNot(tokens) };
  return left;
}

function parseNot(tokens: TokenStream): JinjaExpression {
  if (!tokens.skipName('not')) return parseComparison(tokens);
  return { kind: 'not', operand: tokens.nested(() => parseNot(tokens)) };
}

const COMPARISONS = ['==', '!=', '<', '<=', '>', '>='];

function parseComparison(tokens: TokenStream): JinjaExpression {
  const first = parseSum(tokens);
  const rest: JinjaComparison[] = [];
  for (;;) {
    const { current } = tokens;
    const next = tokens.look(1);
    if (current.kind === 'operator' && COMPARISONS.includes(current.text)) {
      tokens.next();
      rest.push({ operator: current.text, operand: parseSum(tokens) });
    } else if (tokens.skipName('in')) rest.push({ operator: 'in', operand: parseSum(tokens) });
    else if (tokens.isName('not') && next.kind === 'name' && next.text === 'in') {
      tokens.next();
      tokens.next();
      rest.push({ operator: 'not in', operand: parseSum(tokens) });
    } else break;
  }
  return rest.length === 0 ? first : { kind: 'compare', first, rest };
}

const binary =
  (operators: readonly string[], inner: (tokens: TokenStream) => JinjaExpression) =>
  (tokens: TokenStream): JinjaExpression => {
    let left = inner(tokens);
    for (;;) {
      const { current } = tokens;
      if (current.kind !== 'operator' || !operators.includes(current.text)) return left;
      tokens.next();
      left = { kind: 'binary', operator: current.text, left, right: inner(tokens) };
    }
  };

const parsePower = binary(['**'], (tokens) => parseUnary(tokens));
const parseProduct = binary(['*', '/', '//', '%'], parsePower);
const parseSum = binary(['+', '-'], parseConcatenation);

function parseConcatenation(tokens: TokenStream): JinjaExpression {
  const parts = [parseProduct(tokens)];
  while (tokens.skipOperator('~')) parts.push(parseProduct(tokens));
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : { kind: 'concatenation', parts };
}

function parseUnary(tokens: TokenStream, { filters = true }: { filters?: boolean } = {}): JinjaExpression {
  const sign = tokens.isOperator('-') ? 'negative' : tokens.isOperator('+') ? 'positive' : null;
  if (sign !== null) tokens.next();
  const inner: JinjaExpression =
    sign === null
      ? parsePrimary(tokens)
      : { kind: sign, operand: tokens.nested(() => parseUnary(tokens, { filters: false })) };
  const operand = parsePostfix(tokens, inner);
  return filters ? parseFilters(tokens, operand) : operand;
}

function parsePrimary(tokens: TokenStream): JinjaExpression {
  const token = tokens.next();
  switch (token.kind) {
    case 'name': {
      const constant = constantOf(token.text);
      if (constant === null) tokens.names.add(token.text);
      return constant ?? { kind: 'name', name: token.text };
    }
    case 'string': {
      let value = token.text;
      for (let next = tokens.current; next.kind === 'string'; next = tokens.current) {
        value += next.text;
        tokens.next();
      }
      return { kind: 'constant', value };
    }
    case 'integer':
      return { kind: 'constant', value: integerOf(token.text) };
    case 'float':
      return { kind: 'float', value: Number(token.text.replaceAll('_', '')) };
    case 'operator':
      if (token.text === '(') {
        const inner = parseTuple(tokens, { parentheses: true });
        tokens.expectOperator(')');
        return inner;
      }
      if (token.text === '[')
        return { kind: 'list', items: parseItems(tokens, ']', () => parseJinjaExpression(tokens)) };
      if (token.text === '{') return { kind: 'dict', entries: parseItems(tokens, '}', () => parseEntry(tokens)) };
  }
  return tokens.fail('an expression is missing');
}

function constantOf(name: string): JinjaExpression | null {
  if (name === 'true' || name === 'True') return { kind: 'constant', value: true };
  if (name === 'false' || name === 'False') return { kind: 'constant', value: false };
  return name === 'none' || name === 'None' ? { kind: 'constant', value: null } : null;
}

const integerOf = (text: string): number | bigint => narrow(BigInt(text.replaceAll('_', '').toLowerCase()));

/** Items separated by commas, up to a closing bracket. */
function parseItems<T>(tokens: TokenStream, end: string, parse: () => T): T[] {
  const items: T[] = [];
  while (!tokens.isOperator(end)) {
    if (items.length > 0) tokens.expectOperator(',');
    if (tokens.isOperator(end)) break;
    items.push(parse());
  }
  tokens.expectOperator(end);
  return items;
}

function parseEntry(tokens: TokenStream): readonly [JinjaExpression, JinjaExpression] {
  const key = parseJinjaExpression(tokens);
  tokens.expectOperator(':');
  return [key, parseJinjaExpression(tokens)];
}

function parsePostfix(tokens: TokenStream, operand: JinjaExpression): JinjaExpression {
  let whole = operand;
  for (;;) {
    if (tokens.isOperator('.', '[')) whole = parseSubscript(tokens, whole);
    else if (tokens.isOperator('(')) whole = { kind: 'call', callee: whole, args: parseArguments(tokens) };
    else return whole;
  }
}

function parseFilters(tokens: TokenStream, operand: JinjaExpression): JinjaExpression {
  let whole = operand;
  for (;;) {
    if (tokens.skipOperator('|')) whole = parseFilter(tokens, whole);
    else if (tokens.skipName('is')) whole = parseTest(tokens, whole);
    else if (tokens.isOperator('(')) whole = { kind: 'call', callee: whole, args: parseArguments(tokens) };
    else return whole;
  }
}

function parseSubscript(tokens: TokenStream, object: JinjaExpression): JinjaExpression {
  if (tokens.skipOperator('.')) {
    const token = tokens.next();
    if (token.kind === 'name') return { kind: 'attribute', object, name: token.text };
    if (token.kind !== 'integer') tokens.fail('a name or number is missing');
    return { kind: 'item', object, index: { kind: 'constant', value: integerOf(token.text) } };
  }
  tokens.expectOperator('[');
  const indices = parseItems(tokens, ']', () => parseIndex(tokens));
  const [index] = indices;
  if (indices.length !== 1 || index === undefined) throw new NotRead('an element with several indices is not read');
  return { kind: 'item', object, index };
}

function parseIndex(tokens: TokenStream): JinjaExpression | Slice {
  const ends = () => tokens.isOperator(':', ']', ',');
  const start = ends() ? null : parseJinjaExpression(tokens);
  if (start !== null && !tokens.isOperator(':')) return start;
  tokens.expectOperator(':');
  const stop = ends() ? null : parseJinjaExpression(tokens);
  const step = tokens.skipOperator(':') && !ends() ? parseJinjaExpression(tokens) : null;
  return { kind: 'slice', start, stop, step };
}

function parseArguments(tokens: TokenStream): CallArguments {
  tokens.expectOperator('(');
  const positional: JinjaExpression[] = [];
  const named: Array<readonly [string, JinjaExpression]> = [];
  let rest: JinjaExpression | null = null;
  let namedRest: JinjaExpression | null = null;
  parseItems(tokens, ')', () => {
    const { current } = tokens;
    const following = tokens.look(1);
    if (namedRest !== null) tokens.fail('an argument stands behind **');
    if (tokens.skipOperator('*')) {
      if (rest !== null) tokens.fail('there is a second *');
      rest = parseJinjaExpression(tokens);
    } else if (tokens.skipOperator('**')) namedRest = parseJinjaExpression(tokens);
    else if (current.kind === 'name' && following.kind === 'operator' && following.text === '=') {
      tokens.next();
      tokens.next();
      named.push([current.text, parseJinjaExpression(tokens)]);
    } else {
      if (rest !== null || named.length > 0) tokens.fail('an argument without a name stands behind one with a name');
      positional.push(parseJinjaExpression(tokens));
    }
  });
  return { positional, named, rest, namedRest };
}

/** The name and arguments of a filter, without the `|`. */
export function parseFilter<T extends JinjaExpression | null>(tokens: TokenStream, operand: T): FilterExpression {
  const name = dottedName(tokens);
  tokens.use('filter', name);
  return { kind: 'filter', operand, name, args: tokens.isOperator('(') ? parseArguments(tokens) : NO_CALL };
}

function parseTest(tokens: TokenStream, operand: JinjaExpression): JinjaExpression {
  const negated = tokens.skipName('not');
  const name = dottedName(tokens);
  tokens.use('test', name);
  const test: JinjaExpression = { kind: 'test', operand, name, args: parseTestArguments(tokens) };
  return negated ? { kind: 'not', operand: test } : test;
}

function parseTestArguments(tokens: TokenStream): CallArguments {
  if (tokens.isOperator('(')) return parseArguments(tokens);
  const { kind } = tokens.current;
  const begins = kind === 'name' || kind === 'string' || kind === 'integer' || kind === 'float';
  if ((!begins && !tokens.isOperator('[', '{')) || tokens.isName('else', 'or', 'and')) return NO_CALL;
  if (tokens.isName('is')) tokens.fail('tests are not chained with is');
  return { ...NO_CALL, positional: [parsePostfix(tokens, parsePrimary(tokens))] };
}

function dottedName(tokens: TokenStream): string {
  let name = tokens.expectName();
  while (tokens.skipOperator('.')) name += `.${tokens.expectName()}`;
  return name;
}

export const isCall = (expression: JinjaExpression): expression is CallExpression => expression.kind === 'call';
