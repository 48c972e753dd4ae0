import type { Token } from './lex.ts';
import { TemplateError } from './value.ts';

/** Tags, braces and operators inside each other: the parser recurses. Templates nest a dozen. */
const DEEPEST = 200;

interface Use {
  readonly kind: 'filter' | 'test';
  readonly name: string;
  conditional: boolean;
}

export class TokenStream {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;
  /** Names that are read: a macro takes more arguments if it reads `varargs`. */
  readonly names = new Set<string>();
  readonly uses: Use[] = [];
  /** In the branches of a condition, where Jinja accepts unknown names of filters. */
  conditional = false;
  readonly tags: ReadonlySet<string>;
  /** Does `break` have a loop to end? */
  inLoop = false;

  constructor(tokens: readonly Token[], tags: ReadonlySet<string>) {
    this.#tokens = tokens;
    this.tags = tags;
  }

  get current(): Token {
    return this.look(0);
  }

  look(distance: number): Token {
    const token = this.#tokens[Math.min(this.#at + distance, this.#tokens.length - 1)];
    if (token === undefined) throw new RangeError('a list of tokens without an end');
    return token;
  }

  next(): Token {
    const token = this.current;
    this.#at += 1;
    return token;
  }

  isName(...names: readonly string[]): boolean {
    const { current } = this;
    return current.kind === 'name' && names.includes(current.text);
  }

  isOperator(...operators: readonly string[]): boolean {
    const { current } = this;
    return current.kind === 'operator' && operators.includes(current.text);
  }

  skipName(name: string): boolean {
    return this.isName(name) && Boolean(this.next());
  }

  skipOperator(operator: string): boolean {
    return this.isOperator(operator) && Boolean(this.next());
  }

  expectName(name?: string): string {
    const token = this.next();
    if (token.kind !== 'name' || (name !== undefined && token.text !== name))
      this.fail(`${name ?? 'a name'} is missing`);
    return token.text;
  }

  expectOperator(operator: string): void {
    if (!this.skipOperator(operator)) this.fail(`${operator} is missing`);
  }

  expect(kind: Token['kind']): void {
    if (this.next().kind !== kind) this.fail(`the end of a tag is missing`);
  }

  /** @throws TemplateError if it nests too deep */
  nested<T>(parse: () => T): T {
    this.#depth += 1;
    if (this.#depth > DEEPEST) this.fail(`it nests more than ${DEEPEST} levels`);
    const parsed = parse();
    this.#depth -= 1;
    return parsed;
  }

  /** Also returns the names that it reads. */
  namesIn<T>(parse: () => T): { readonly parsed: T; readonly names: ReadonlySet<string> } {
    const before = [...this.names];
    this.names.clear();
    const parsed = parse();
    const names = new Set(this.names);
    for (const name of before) this.names.add(name);
    return { parsed, names };
  }

  use(kind: Use['kind'], name: string): void {
    this.uses.push({ kind, name, conditional: this.conditional });
  }

  /** Parse with other rules: for the branches of a condition, or the body of a loop or function. */
  within<T>(
    { inLoop = this.inLoop, conditional = false }: { inLoop?: boolean; conditional?: boolean },
    parse: () => T,
  ): T {
    const before = { inLoop: this.inLoop, conditional: this.conditional };
    Object.assign(this, { inLoop, conditional });
    const parsed = parse();
    Object.assign(this, before);
    return parsed;
  }

  fail(problem: string): never {
    throw new TemplateError(`line ${this.look(-1 + Number(this.#at === 0)).line}: ${problem}`);
  }
}
