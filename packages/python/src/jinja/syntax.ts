/** The tree of a template, as the parser of Jinja 3.1 makes it. */
export type JinjaExpression =
  | Readonly<{ kind: 'constant'; value: null | boolean | number | bigint | string }>
  | Readonly<{ kind: 'float'; value: number }>
  | Readonly<{ kind: 'name'; name: string }>
  | Readonly<{ kind: 'list' | 'tuple'; items: readonly JinjaExpression[] }>
  | Readonly<{ kind: 'dict'; entries: ReadonlyArray<readonly [JinjaExpression, JinjaExpression]> }>
  | Readonly<{ kind: 'and' | 'or'; left: JinjaExpression; right: JinjaExpression }>
  | Readonly<{ kind: 'not' | 'negative' | 'positive'; operand: JinjaExpression }>
  | Readonly<{ kind: 'compare'; first: JinjaExpression; rest: readonly JinjaComparison[] }>
  | Readonly<{ kind: 'binary'; operator: string; left: JinjaExpression; right: JinjaExpression }>
  | Readonly<{ kind: 'concatenation'; parts: readonly JinjaExpression[] }>
  | Readonly<{ kind: 'condition'; test: JinjaExpression; then: JinjaExpression; otherwise: JinjaExpression | null }>
  | Readonly<{ kind: 'attribute'; object: JinjaExpression; name: string }>
  | Readonly<{ kind: 'item'; object: JinjaExpression; index: JinjaExpression | Slice }>
  | CallExpression
  | FilterExpression
  | Readonly<{ kind: 'test'; operand: JinjaExpression; name: string; args: CallArguments }>;

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
  | Readonly<{ kind: 'name'; name: string }>
  | Readonly<{ kind: 'namespace'; name: string; attribute: string }>
  | Readonly<{ kind: 'tuple'; items: readonly AssignmentTarget[] }>;

export interface Signature {
  readonly names: readonly string[];
  /** Defaults of the last names. */
  readonly defaults: readonly JinjaExpression[];
}

export type JinjaStatement =
  | Readonly<{ kind: 'text'; text: string }>
  | Readonly<{ kind: 'output'; value: JinjaExpression }>
  | Readonly<{ kind: 'if'; branches: ReadonlyArray<{ test: JinjaExpression; body: Body }>; otherwise: Body }>
  | ForStatement
  | Readonly<{ kind: 'set'; target: AssignmentTarget; value: JinjaExpression }>
  | Readonly<{ kind: 'set-block'; target: AssignmentTarget; filter: FilterExpression | null; body: Body }>
  | Macro
  | Readonly<{ kind: 'call'; call: CallExpression; macro: Macro }>
  | Readonly<{ kind: 'filter-block'; filter: FilterExpression; body: Body }>
  | Readonly<{ kind: 'with'; targets: readonly AssignmentTarget[]; values: readonly JinjaExpression[]; body: Body }>
  | Readonly<{ kind: 'generation'; body: Body }>
  | Readonly<{ kind: 'break' | 'continue' }>;

export interface ForStatement {
  readonly kind: 'for';
  readonly target: AssignmentTarget;
  readonly iterable: JinjaExpression;
  readonly test: JinjaExpression | null;
  readonly recursive: boolean;
  readonly body: Body;
  readonly otherwise: Body;
}

export interface Macro {
  readonly kind: 'macro';
  readonly name: string;
  readonly signature: Signature;
  readonly body: Body;
  /** All names that the body reads. */
  readonly names: ReadonlySet<string>;
}

export type Body = readonly JinjaStatement[];
