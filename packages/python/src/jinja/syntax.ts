/** The tree of a template, as the parser of Jinja 3.1 makes it. */
export type JinjaExpression =
  | { readonly kind: 'constant'; readonly value: null | boolean | number | bigint | string }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'list' | 'tuple'; readonly items: readonly JinjaExpression[] }
  | { readonly kind: 'dict'; readonly entries: ReadonlyArray<readonly [JinjaExpression, JinjaExpression]> }
  | { readonly kind: 'and' | 'or'; readonly left: JinjaExpression; readonly right: JinjaExpression }
  | { readonly kind: 'not' | 'negative' | 'positive'; readonly operand: JinjaExpression }
  | { readonly kind: 'compare'; readonly first: JinjaExpression; readonly rest: readonly JinjaComparison[] }
  | {
      readonly kind: 'binary';
      readonly operator: string;
      readonly left: JinjaExpression;
      readonly right: JinjaExpression;
    }
  | { readonly kind: 'concatenation'; readonly parts: readonly JinjaExpression[] }
  | {
      readonly kind: 'condition';
      readonly test: JinjaExpression;
      readonly then: JinjaExpression;
      readonly otherwise: JinjaExpression | null;
    }
  | { readonly kind: 'attribute'; readonly object: JinjaExpression; readonly name: string }
  | { readonly kind: 'item'; readonly object: JinjaExpression; readonly index: JinjaExpression | Slice }
  | CallExpression
  | FilterExpression
  | {
      readonly kind: 'test';
      readonly operand: JinjaExpression;
      readonly name: string;
      readonly args: CallArguments;
    };

export interface JinjaComparison {
  readonly operator: string;
  readonly operand: JinjaExpression;
}

export interface Slice {
  readonly kind: 'slice';
  readonly start: JinjaExpression | null;
  readonly stop: JinjaExpression | null;
  readonly step: JinjaExpression | null;
}

export interface CallArguments {
  readonly positional: readonly JinjaExpression[];
  readonly named: ReadonlyArray<readonly [string, JinjaExpression]>;
  /** `*args` and `**kwargs`. */
  readonly rest: JinjaExpression | null;
  readonly namedRest: JinjaExpression | null;
}

export interface CallExpression {
  readonly kind: 'call';
  readonly callee: JinjaExpression;
  readonly args: CallArguments;
}

export interface FilterExpression {
  readonly kind: 'filter';
  /** Null for the body of a block. */
  readonly operand: JinjaExpression | null;
  readonly name: string;
  readonly args: CallArguments;
}

/** The target of an assignment: a name, an attribute of a namespace, or several. */
export type AssignmentTarget =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'namespace'; readonly name: string; readonly attribute: string }
  | { readonly kind: 'tuple'; readonly items: readonly AssignmentTarget[] };

export interface Signature {
  readonly names: readonly string[];
  /** Defaults of the last names. */
  readonly defaults: readonly JinjaExpression[];
}

export type JinjaStatement =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'output'; readonly value: JinjaExpression }
  | {
      readonly kind: 'if';
      readonly branches: ReadonlyArray<{ readonly test: JinjaExpression; readonly body: Body }>;
      readonly otherwise: Body;
    }
  | {
      readonly kind: 'for';
      readonly target: AssignmentTarget;
      readonly iterable: JinjaExpression;
      readonly test: JinjaExpression | null;
      readonly recursive: boolean;
      readonly body: Body;
      readonly otherwise: Body;
    }
  | { readonly kind: 'set'; readonly target: AssignmentTarget; readonly value: JinjaExpression }
  | {
      readonly kind: 'set-block';
      readonly target: AssignmentTarget;
      readonly filter: FilterExpression | null;
      readonly body: Body;
    }
  | Macro
  | { readonly kind: 'call'; readonly call: CallExpression; readonly macro: Macro }
  | { readonly kind: 'filter-block'; readonly filter: FilterExpression; readonly body: Body }
  | {
      readonly kind: 'with';
      readonly targets: readonly AssignmentTarget[];
      readonly values: readonly JinjaExpression[];
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

export type Body = readonly JinjaStatement[];
