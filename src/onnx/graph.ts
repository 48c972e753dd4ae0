import { parse } from 'node:path';
import onnxProto from 'onnx-proto';

const { onnx } = onnxProto;

/** Element types of ONNX that graphs here use (onnx.proto, TensorProto.DataType). */
export const ElementType = {
  float32: 1,
  uint16: 4,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
} as const;
export type ElementType = (typeof ElementType)[keyof typeof ElementType];

/** Raw little-endian elements inside a file. */
export interface ExternalData {
  readonly file: string;
  readonly offset: number;
  readonly byteLength: number;
}

/** Name of a value in the graph: an initializer or the output of a node. */
export type Value = string & { readonly __value: unique symbol };

type Attribute = number | readonly number[];

const OPSET = 21;
const IR_VERSION = 10;

/**
 * An ONNX graph, built in memory. Weights are initializers that point into their files, so that onnxruntime maps them
 * itself and they never pass through JavaScript.
 */
export class Graph {
  readonly #nodes: InstanceType<typeof onnx.NodeProto>[] = [];
  readonly #initializers: InstanceType<typeof onnx.TensorProto>[] = [];
  readonly #outputs: InstanceType<typeof onnx.ValueInfoProto>[] = [];
  readonly #constants = new Map<string, Value>();
  #count = 0;

  /** Elements in a file, declared with any shape and type of the right number of bytes. */
  external(data: ExternalData, type: ElementType, dims: readonly number[]): Value {
    const name = this.#name('file');
    this.#initializers.push(
      new onnx.TensorProto({
        name,
        dataType: type,
        dims: [...dims],
        dataLocation: onnx.TensorProto.DataLocation.EXTERNAL,
        externalData: [
          { key: 'location', value: data.file.slice(externalDataFolder(data.file).length) },
          { key: 'offset', value: String(data.offset) },
          { key: 'length', value: String(data.byteLength) },
        ],
      }),
    );
    return name;
  }

  /** A small tensor of numbers; the same one is stored once. */
  constant(
    values: readonly number[],
    type: 'float32' | 'float64' | 'int64' | 'int32' | 'uint16',
    dims = [values.length],
  ): Value {
    const key = JSON.stringify([type, dims, values]);
    const known = this.#constants.get(key);
    if (known) return known;
    const name = this.#name('constant');
    this.#initializers.push(
      new onnx.TensorProto({ name, dataType: ElementType[type], dims: [...dims], rawData: toBytes(values, type) }),
    );
    this.#constants.set(key, name);
    return name;
  }

  /** Add a node with one output. */
  op(type: string, inputs: readonly Value[], attributes: Readonly<Record<string, Attribute>> = {}): Value {
    const output = this.#name(type);
    const attribute = Object.entries(attributes).map(([name, value]) =>
      typeof value === 'number'
        ? { name, type: onnx.AttributeProto.AttributeType.INT, i: value }
        : { name, type: onnx.AttributeProto.AttributeType.INTS, ints: [...value] },
    );
    this.#nodes.push(
      new onnx.NodeProto({ name: output, opType: type, input: [...inputs], output: [output], attribute }),
    );
    return output;
  }

  cast(value: Value, type: ElementType): Value {
    return this.op('Cast', [value], { to: type });
  }

  reshape(value: Value, dims: readonly number[]): Value {
    return this.op('Reshape', [value, this.constant(dims, 'int64')]);
  }

  /**
   * `start ≤ index < end`, every `step`-th, along one axis.
   * @param after do it only once these values (of one dimension or more) are there. onnxruntime orders nodes by what
   *   they need, so that all strips of a large matrix would be alive together; a start that is computed from the shapes
   *   of other values holds the slice back
   */
  slice(value: Value, axis: number, start: number, end: number, step = 1, after: readonly Value[] = []): Value {
    const constant = (item: number) => this.constant([item], 'int64');
    const zeros = after.map((other) => this.op('Mul', [this.op('Shape', [other], { start: 0, end: 1 }), constant(0)]));
    const starts = this.sum([constant(start), ...zeros]);
    return this.op('Slice', [value, starts, constant(end), constant(axis), constant(step)]);
  }

  /** Sum of several values of one shape. */
  sum(values: readonly Value[]): Value {
    const [first, ...rest] = values;
    if (!first) throw new Error('a sum of nothing');
    return rest.reduce((total, value) => this.op('Add', [total, value]), first);
  }

  /** Make a value an output that `run` returns under `name`. */
  output(name: string, value: Value, type: ElementType): void {
    this.#nodes.push(new onnx.NodeProto({ name, opType: 'Identity', input: [value], output: [name] }));
    this.#outputs.push(new onnx.ValueInfoProto({ name, type: { tensorType: { elemType: type } } }));
  }

  /** The model as protobuf bytes. */
  serialize(): Uint8Array {
    return onnx.ModelProto.encode({
      irVersion: IR_VERSION,
      opsetImport: [{ domain: '', version: OPSET }],
      graph: { name: 'shadow-gate', node: this.#nodes, initializer: this.#initializers, output: this.#outputs },
    }).finish();
  }

  #name(stem: string): Value {
    this.#count += 1;
    return `${stem}_${this.#count}` as Value;
  }
}

/** The folder that external data is named relative to: the root, since candidate and reference may lie anywhere. */
export function externalDataFolder(file: string): string {
  return parse(file).root;
}

function toBytes(values: readonly number[], type: 'float32' | 'float64' | 'int64' | 'int32' | 'uint16'): Uint8Array {
  const array =
    type === 'int64'
      ? BigInt64Array.from(values, BigInt)
      : type === 'float64'
        ? Float64Array.from(values)
        : type === 'float32'
          ? Float32Array.from(values)
          : type === 'int32'
            ? Int32Array.from(values)
            : Uint16Array.from(values);
  return new Uint8Array(array.buffer);
}
