import onnxProto from 'onnx-proto';
import { ElementType, elementBytes, type PreparedType } from './element-type.ts';
import { toAttribute, toBytes } from './encode-values.ts';
import { externalLocation, externalTensor } from './external-tensor.ts';
import type { Attribute, ConstantType } from './graph-values.ts';
import { BOOL, FLOAT_SEQUENCE, FLOAT_TENSOR, INT64, type InnerValue, innerGraph } from './inner-graph.ts';
import { withOutputNames } from './output-names.ts';

const { onnx } = onnxProto;

export { ElementType, elementBytes, onnxElementType } from './element-type.ts';

export interface ExternalData {
  readonly file: string;
  readonly offset: number;
  readonly byteLength: number;
  /** Set if the elements are not contiguous. */
  readonly layout?: unknown;
}

export type Value = string & { readonly __value: unique symbol };

/** ONNX's own operators, and onnxruntime's fused ones. */
type OperatorDomain = '' | 'com.microsoft';

/** The number of a node's outputs, or for each of them whether it is computed. */
type OutputSelection = number | readonly boolean[];

interface NodeOptions<O extends OutputSelection> {
  readonly outputs: O;
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly domain?: OperatorDomain;
}

/** A value for each output of a node: a tuple if the compiler knows the number. */
type NodeOutputs<O extends OutputSelection> = O extends number
  ? Values<O>
  : { readonly [K in keyof O]: O[K] extends true ? Value : null };

type Values<N extends number, T extends readonly Value[] = []> = number extends N
  ? readonly Value[]
  : T['length'] extends N
    ? T
    : Values<N, readonly [...T, Value]>;

/** Numbers that are computed before a session is opened, and their place in a file that it maps. */
export interface Preparation {
  readonly name: Value;
  readonly dims: readonly number[];
  readonly size: number;
  readonly type: PreparedType;
  readonly offset: number;
  readonly byteLength: number;
  /** All have the same size. */
  readonly parts: ReadonlyArray<(graph: Graph) => Value>;
}

const OPSET = 21;
const IR_VERSION = 10;

/** Places of numbers in a file are multiples of so many bytes, as vector instructions like them. */
const PREPARED_ALIGNMENT = 64;

/** An ONNX graph in memory. Weights are initializers that point into files, which onnxruntime maps by itself. */
export class Graph {
  #nodes: InstanceType<typeof onnx.NodeProto>[] = [];
  readonly #initializers: InstanceType<typeof onnx.TensorProto>[] = [];
  readonly #inputs: InstanceType<typeof onnx.ValueInfoProto>[] = [];
  readonly #outputs: InstanceType<typeof onnx.ValueInfoProto>[] = [];
  readonly #returned: { readonly name: string; readonly value: Value }[] = [];
  readonly #constants = new Map<string, Value>();
  readonly #weights = new Map<Value, { bytes: number; readonly size: number }>();
  readonly #zeros = new Map<Value, Value>();
  readonly #preparations: Preparation[] = [];
  readonly #externals: External[] = [];
  readonly #takenInside = new Set<string>();
  #preparedBytes = 0;
  #largestExpansion = 0;
  /** Values before the next product with an expanded matrix, such as the last product. */
  #beforeExpanded: Value[] = [];
  #count = 0;

  /** A value that `run` receives under `name`. Dimensions that vary have a name instead of a size. */
  input(name: string, type: ElementType, dims: readonly (number | string)[]): Value {
    const dim = dims.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
    this.#inputs.push(new onnx.ValueInfoProto({ name, type: { tensorType: { elemType: type, shape: { dim } } } }));
    return name as Value;
  }

  /** Elements in a file, declared with any shape and type that has the same number of bytes. */
  external(data: ExternalData, type: ElementType, dims: readonly number[]): Value {
    const name = this.#name('file');
    this.#externals.push({ name, type, dims: [...dims], data });
    this.#weights.set(name, { bytes: data.byteLength, size: dims.reduce((size, dim) => size * dim, 1) });
    return name;
  }

  /**
   * float32 numbers or codes that are computed from files in earlier sessions, by parts. onnxruntime would compute them
   * while this session is created, and keep all intermediate values until the last one is done.
   */
  prepared(dims: readonly number[], parts: Preparation['parts'], type: PreparedType = ElementType.float32): Value {
    const name = this.#name('prepared');
    const size = dims.reduce((product, dim) => product * dim, 1);
    const byteLength = size * elementBytes(type);
    const offset = this.#preparedBytes;
    this.#preparedBytes = PREPARED_ALIGNMENT * Math.ceil((offset + byteLength) / PREPARED_ALIGNMENT);
    this.#weights.set(name, { bytes: byteLength, size });
    this.#preparations.push({ name, dims, size, type, offset, byteLength, parts });
    return name;
  }

  get preparations(): readonly Preparation[] {
    return this.#preparations;
  }

  /** Bytes of the files that a session holds, and of the largest tensor converted in a run (`multiplyExpanded`). */
  get weightMemory(): { readonly held: number; readonly largestExpansion: number } {
    const held = [...this.#weights.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    return { held, largestExpansion: this.#largestExpansion };
  }

  /** Parts of files that are read by a session or for it. */
  get files(): readonly ExternalData[] {
    const prepared = this.#preparations.flatMap(({ parts }) =>
      parts.flatMap((build) => {
        const graph = new Graph();
        build(graph);
        return graph.files;
      }),
    );
    return [...this.#externals.map(({ data }) => data), ...prepared];
  }

  /** A small tensor of numbers. Equal constants are stored once. */
  constant(values: readonly number[], type: ConstantType, dims = [values.length]): Value {
    // In JSON, NaN and the infinities are the same.
    const key = `${type} ${dims.join()} ${values.join()}`;
    const known = this.#constants.get(key);
    if (known) return known;
    const name = this.#name('constant');
    this.#initializers.push(
      new onnx.TensorProto({ name, dataType: ElementType[type], dims: [...dims], rawData: toBytes(values, type) }),
    );
    this.#constants.set(key, name);
    return name;
  }

  op(
    type: string,
    inputs: readonly (Value | null)[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain: OperatorDomain = '',
  ): Value {
    const [output] = this.node(type, inputs, { outputs: 1, attributes, domain });
    return output;
  }

  /** Add a node with several outputs. Omitted inputs and outputs are null. */
  node<const O extends OutputSelection>(
    type: string,
    inputs: readonly (Value | null)[],
    { outputs, attributes = {}, domain = '' }: NodeOptions<O>,
  ): NodeOutputs<O> {
    const selection: readonly boolean[] =
      typeof outputs === 'number' ? Array<boolean>(outputs).fill(true) : (outputs as readonly boolean[]);
    const values = selection.map((isComputed) => (isComputed ? this.#name(type) : null));
    this.#nodes.push(
      new onnx.NodeProto({
        name: values.find((value) => value !== null) ?? '',
        opType: type,
        domain,
        input: inputs.map((value) => value ?? ''),
        output: values.map((value) => value ?? ''),
        attribute: Object.entries(attributes).map(([name, value]) => toAttribute(name, value)),
      }),
    );
    return values as NodeOutputs<O>;
  }

  /** Repeat a step on a float32 value, as one node: thousands take minutes to plan. @param step adds its nodes */
  repeat(times: number, value: Value, step: (value: Value) => Value): Value {
    const before = this.#name('before');
    const body = this.#loopBody(() => ({ before, type: FLOAT_TENSOR, after: step(before) }));
    return this.op('Loop', [this.constant([times], 'int64', []), null, value], { body });
  }

  /**
   * float32 blocks for the numbers from 0 to `count` (int64 []), made one by one, joined along an axis.
   * @param block takes its number as [1]
   */
  joinBlocks(count: Value, axis: number, block: (index: Value) => Value): Value {
    const before = this.#name('before');
    const body = this.#loopBody((index) => ({
      before,
      type: FLOAT_SEQUENCE,
      after: this.op('SequenceInsert', [before, block(this.reshape(index, [1]))]),
    }));
    const empty = this.op('SequenceEmpty', [], { dtype: ElementType.float32 });
    return this.op('ConcatFromSequence', [this.op('Loop', [count, null, empty], { body })], { axis });
  }

  /** One of two float32 values; the other is not computed. @param condition bool [1] */
  choose(condition: Value, then: () => Value, otherwise: () => Value): Value {
    const branch = (build: () => Value) => {
      const { nodes, result } = this.#inside(build);
      return innerGraph({ nodes, inputs: [], outputs: [{ name: result, type: FLOAT_TENSOR }] });
    };
    return this.op('If', [condition], { then_branch: branch(then), else_branch: branch(otherwise) });
  }

  #loopBody(
    build: (index: Value) => { readonly before: Value; readonly type: InnerValue['type']; readonly after: Value },
  ) {
    const [index, condition] = [this.#name('index'), this.#name('condition')];
    const { nodes, result } = this.#inside(() => ({ goesOn: this.op('Identity', [condition]), ...build(index) }));
    const { before, type, after, goesOn } = result;
    return innerGraph({
      nodes,
      inputs: [
        { name: index, type: INT64 },
        { name: condition, type: BOOL },
        { name: before, type },
      ],
      outputs: [
        { name: goesOn, type: BOOL },
        { name: after, type },
      ],
    });
  }

  /** The nodes that `build` adds, for an inner graph: they may take any value of this one. */
  #inside<T>(build: () => T): { readonly nodes: InstanceType<typeof onnx.NodeProto>[]; readonly result: T } {
    const outer = this.#nodes;
    this.#nodes = [];
    const result = build();
    const nodes = this.#nodes;
    this.#nodes = outer;
    for (const { input } of nodes) for (const name of input ?? []) this.#takenInside.add(name);
    return { nodes, result };
  }

  /** In another type. Weights of a file are converted once, when a session is created. */
  cast(value: Value, type: ElementType): Value {
    const weight = this.#weights.get(value);
    if (weight) weight.bytes = weight.size * elementBytes(type);
    return this.op('Cast', [value], { to: type });
  }

  /**
   * A product with a matrix of a file that the session holds as stored, and converts to float32 in each run for this
   * product alone. onnxruntime would convert it once, when the session is created, and do all conversions of a run
   * first, since it orders nodes by their inputs alone. A shape that is computed from the shapes of `x` and of the last
   * product prevents both.
   * @param x the other factor. Its first size, and that of the product, are unknown before a run
   */
  multiplyExpanded(matrix: Value, dims: readonly number[], x: Value, multiply: (expanded: Value) => Value): Value {
    const { float32 } = ElementType;
    const size = dims.reduce((product, dim) => product * dim, 1);
    this.#largestExpansion = Math.max(this.#largestExpansion, size * elementBytes(float32));
    const before = [x, ...this.#beforeExpanded];
    const shape = this.sum([this.constant(dims, 'int64'), ...before.map((value) => this.#zeroAfter(value))]);
    const product = multiply(this.op('Cast', [this.op('Reshape', [matrix, shape])], { to: float32 }));
    this.#beforeExpanded = [product];
    return product;
  }

  /**
   * A weight for an expansion in each run, also in an inner graph: onnxruntime would compute it once, and keep it.
   * @param after of one dimension or more, to be known first: its first size is unknown before a run
   * @param expanded elements of the largest value that is made of it
   */
  unfolded(value: Value, dims: readonly number[], after: Value, expanded: number): Value {
    this.#largestExpansion = Math.max(this.#largestExpansion, expanded * elementBytes(ElementType.float32));
    const none = this.op('Mul', [this.op('Shape', [after], { start: 0, end: 1 }), this.constant([0], 'int64')]);
    return this.op('Reshape', [value, this.op('Add', [this.constant(dims, 'int64'), none])]);
  }

  /** Delay the next product with an expanded matrix until after these values of one dimension or more. */
  expandAfter(values: readonly Value[]): void {
    this.#beforeExpanded.push(...values);
  }

  /** int64 [1]: zero, once `value` is known. */
  #zeroAfter(value: Value): Value {
    const known = this.#zeros.get(value);
    if (known) return known;
    const zero = this.op('Mul', [this.op('Shape', [value], { start: 0, end: 1 }), this.constant([0], 'int64')]);
    this.#zeros.set(value, zero);
    return zero;
  }

  reshape(value: Value, dims: readonly number[]): Value {
    return this.op('Reshape', [value, this.constant(dims, 'int64')]);
  }

  /**
   * `start ≤ index < end`, every `step`-th, along one axis.
   * @param after values of one dimension or more to compute first. Otherwise all strips of a large matrix could be in
   *   memory together, since onnxruntime orders nodes by their inputs alone; so the start depends on their shapes
   */
  slice(value: Value, axis: number, start: number, end: number, step = 1, after: readonly Value[] = []): Value {
    const constant = (item: number) => this.constant([item], 'int64');
    const starts = this.sum([constant(start), ...after.map((other) => this.#zeroAfter(other))]);
    return this.op('Slice', [value, starts, constant(end), constant(axis), constant(step)]);
  }

  sum(values: readonly Value[]): Value {
    const [first, ...rest] = values;
    if (!first) throw new Error('sum() needs at least one value');
    return rest.reduce((total, value) => this.op('Add', [total, value]), first);
  }

  output(name: string, value: Value, type: ElementType): void {
    this.#outputs.push(new onnx.ValueInfoProto({ name, type: { tensorType: { elemType: type } } }));
    this.#returned.push({ name, value });
  }

  get outputNames(): string[] {
    return this.#outputs.map(({ name }) => name ?? '');
  }

  /** @param preparedFile has the prepared numbers at their places; null if there are none */
  serialize(preparedFile: string | null = null): Uint8Array {
    return onnx.ModelProto.encode({
      irVersion: IR_VERSION,
      opsetImport: [
        { domain: '', version: OPSET },
        { domain: 'com.microsoft', version: 1 },
      ],
      graph: {
        name: 'shadow-gate',
        node: withOutputNames(this.#nodes, this.#returned, this.#takenInside),
        initializer: [...this.#initializers, ...this.#stored(), ...this.#prepared(preparedFile)],
        input: this.#inputs,
        output: this.#outputs,
      },
    }).finish();
  }

  #stored(): InstanceType<typeof onnx.TensorProto>[] {
    return this.#externals.map(({ name, type, dims, data: { file, offset, byteLength } }) =>
      externalTensor(name, type, dims, { location: externalLocation(file), offset, byteLength }),
    );
  }

  #prepared(file: string | null): InstanceType<typeof onnx.TensorProto>[] {
    return this.#preparations.map(({ name, type, dims, offset, byteLength }) => {
      if (file === null) throw new Error(`${name} is not prepared`);
      return externalTensor(name, type, dims, { location: externalLocation(file), offset, byteLength });
    });
  }

  #name(stem: string): Value {
    this.#count += 1;
    return `${stem}_${this.#count}` as Value;
  }
}

interface External {
  readonly name: Value;
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly data: ExternalData;
}
