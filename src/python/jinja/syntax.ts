/** The tree of a template, as the parser of Jinja 3.1 makes it. */
export type Expression =
  | { readonly kind: 'constant'; readonly value: null | boolean | number | bigint | string }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'list' | 'tuple'; readonly items: readonly Expression[] }
  | { readonly kind: 'dict'; readonly entries: ReadonlyArray<readonly [Expression, Expression]> }
  | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'not' | 'negative' | 'positive'; readonly operand: Expression }
  | { readonly kind: 'compare'; readonly first: Expression; readonly rest: readonly Comparison[] }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'concatenation'; readonly parts: readonly Expression[] }
  | {
      readonly kind: 'condition';
      readonly test: Expression;
      readonly then: Expression;
      readonly otherwise: Expression | null;
    }
  | { readonly kind: 'attribute'; readonly object: Expression; readonly name: string }
  | { readonly kind: 'item'; readonly object: Expression; readonly index: Expression | Slice }
  | CallExpression
  | FilterExpression
  | {
      readonly kind: 'test';
      readonly operand: Expression;
      readonly name: string;
      readonly args: CallArguments;
    };

export interface Comparison {
  readonly operator: string;
  readonly operand: Expression;
}

export interface Slice {
  readonly kind: 'slice';
  readonly start: Expression | null;
  readonly stop: Expression | null;
  readonly step: Expression | null;
}

export interface CallArguments {
  readonly positional: readonly Expression[];
  readonly named: ReadonlyArray<readonly [string, Expression]>;
  /** `*args` and `**kwargs`. */
  readonly rest: Expression | null;
  readonly namedRest: Expression | null;
}

export interface CallExpression {
  readonly kind: 'call';
  readonly callee: Expression;
  readonly args: CallArguments;
}

export interface FilterExpression {
  readonly kind: 'filter';
  /** Null for the body of a block. */
  readonly operand: Expression | null;
  readonly name: string;
  readonly args: CallArguments;
}

/** What a value is assigned to: a name, an attribute of a namespace, or several of them. */
export type Target =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'namespace'; readonly name: string; readonly attribute: string }
  | { readonly kind: 'tuple'; readonly items: readonly Target[] };

export interface Signature {
  readonly names: readonly string[];
  /** Of the last names. */
  readonly defaults: readonly Expression[];
}

export type Statement =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'output'; readonly value: Expression }
  | {
      readonly kind: 'if';
      readonly branches: ReadonlyArray<{ readonly test: Expression; readonly body: Body }>;
      readonly otherwise: Body;
    }
  | {
      readonly kind: 'for';
      readonly target: Target;
      readonly iterable: Expression;
      readonly test: Expression | null;
      readonly recursive: boolean;
      readonly body: Body;
      readonly otherwise: Body;
    }
  | { readonly kind: 'set'; readonly target: Target; readonly value: Expression }
  | {
      readonly kind: 'set-block';
      readonly target: Target;
      readonly filter: FilterExpression | null;
      readonly body: Body;
    }
  | Macro
  | { readonly kind: 'call'; readonly call: CallExpression; readonly macro: Macro }
  | { readonly kind: 'filter-block'; readonly filter: FilterExpression; readonly body: Body }
  | {
      readonly kind: 'with';
      readonly targets: readonly Target[];
      readonly values: readonly Expression[];
      readonly body: Body;
    }
  | { readonly kind: 'generation'; readonly body: Body }
  | { readonly kind: 'break' | 'continue' };

export interface Macro {
  readonly kind: 'macro';
  readonly name: string;
  readonly signature: Signature;
  readonly body: Body;
  /** All names that the body reads. */
  readonly names: ReadonlySet<string>;
}

export type Body = readonly Statement[];
