import { UserError } from '@shadow-gate/platform';
import onnxProto from 'onnx-proto';
import { type WireField, WireFile, type WireRange, WireType } from './wire.ts';

const { DataType } = onnxProto.onnx.TensorProto;

/** Field numbers in onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto). */
const MODEL = { irVersion: 1, graph: 7, opsetImport: 8 } as const;
const GRAPH = { node: 1, initializer: 5, sparseInitializer: 15 } as const;
const NODE = { input: 1, output: 2, name: 3, opType: 4, attribute: 5 } as const;
const ATTRIBUTE = { name: 1, i: 3, t: 5, g: 6, ints: 8, graphs: 11 } as const;
const TENSOR = {
  dims: 1,
  dataType: 2,
  segment: 3,
  floatData: 4,
  name: 8,
  rawData: 9,
  doubleData: 10,
  externalData: 13,
  dataLocation: 14,
} as const;
const FIXED_WIDTH: ReadonlySet<number> = new Set([TENSOR.floatData, TENSOR.rawData, TENSOR.doubleData]);
const SPARSE = { values: 1 } as const;
const ENTRY = { key: 1, value: 2 } as const;
const EXTERNAL = 1;

/** Depth of nested subgraphs of If and Loop; real models have two or three levels. */
const MAX_DEPTH = 16;
/** The largest exports have tens of thousands of nodes. */
const MAX_NODES = 2_000_000;
/** ONNX has no limit, but real models stay below. */
const MAX_DIMENSIONS = 32;

type InitializerStorage =
  /** Raw little-endian elements inside the model's file. */
  | { readonly kind: 'inline'; readonly range: WireRange }
  | { readonly kind: 'external'; readonly entries: ReadonlyMap<string, string> }
  /** In an encoding that cannot be mapped: the range is the whole tensor message. */
  | { readonly kind: 'encoded'; readonly range: WireRange }
  | { readonly kind: 'sparse'; readonly range: WireRange };

export interface StoredInitializer {
  readonly name: string;
  /** Its name in onnx.proto, such as FLOAT; `type 23` if unknown. */
  readonly dataType: string;
  readonly shape: readonly number[];
  readonly storage: InitializerStorage;
  /** Whether it is the value of a Constant node instead of an initializer. */
  readonly isConstant: boolean;
}

export interface OnnxNode {
  readonly name: string;
  readonly opType: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Integer attributes, such as `transB`, `axis`, `perm`. */
  readonly numbers: ReadonlyMap<string, readonly number[]>;
}

export interface OnnxModel {
  readonly tensors: readonly StoredInitializer[];
  readonly nodes: readonly OnnxNode[];
}

/** Reads no elements. @throws UserError for a file that is not ONNX, truncated, or damaged */
export function readOnnxModel(path: string): OnnxModel {
  const wire = new WireFile(path);
  try {
    return new ModelReader(wire).read();
  } finally {
    wire.close();
  }
}

class ModelReader {
  readonly #wire: WireFile;
  readonly #tensors: StoredInitializer[] = [];
  readonly #nodes: OnnxNode[] = [];

  constructor(wire: WireFile) {
    this.#wire = wire;
  }

  read(): OnnxModel {
    const { path, size } = this.#wire;
    let isVersioned = false;
    let hasOperators = false;
    let graphs = 0;
    for (const field of this.#wire.fields({ begin: 0, end: size })) {
      if (field.number === MODEL.irVersion && field.type === WireType.varint) isVersioned = true;
      // It comes after the graph. Without it, the file was cut between two fields, which leaves no other trace.
      if (field.number === MODEL.opsetImport) hasOperators = true;
      if (field.number === MODEL.graph && field.type === WireType.bytes) {
        graphs += 1;
        this.#graph(field, 0);
      }
    }
    if (!isVersioned || graphs === 0) {
      throw new UserError(
        `${path} is not an ONNX model: it has no ${isVersioned ? 'graph' : 'version'}`,
        'give the path of an ONNX model',
      );
    }
    if (!hasOperators) {
      throw new UserError(`${path} is truncated: it has no operator sets`, 'download or export it again');
    }
    return { tensors: this.#tensors, nodes: this.#nodes };
  }

  #graph(range: WireRange, depth: number): void {
    if (depth > MAX_DEPTH) throw this.#damaged(`its graphs are nested deeper than ${MAX_DEPTH}`);
    for (const field of this.#wire.fields(range)) {
      if (field.number === GRAPH.node) this.#node(field, depth);
      else if (field.number === GRAPH.initializer) this.#tensors.push(this.#tensor(field));
      else if (field.number === GRAPH.sparseInitializer) this.#sparse(field);
      if (this.#nodes.length + this.#tensors.length > MAX_NODES) {
        throw this.#damaged(`it has more than ${MAX_NODES} nodes`);
      }
    }
  }

  #node(range: WireRange, depth: number): void {
    const node = { name: '', opType: '', inputs: [] as string[], outputs: [] as string[] };
    const numbers = new Map<string, readonly number[]>();
    const values: StoredInitializer[] = [];
    for (const field of this.#wire.fields(range)) {
      if (field.number === NODE.input) node.inputs.push(this.#wire.text(field));
      else if (field.number === NODE.output) node.outputs.push(this.#wire.text(field));
      else if (field.number === NODE.name) node.name = this.#wire.text(field);
      else if (field.number === NODE.opType) node.opType = this.#wire.text(field);
      else if (field.number === NODE.attribute) this.#attribute(field, depth, numbers, values);
    }
    this.#nodes.push({ ...node, numbers });
    if (node.opType !== 'Constant') return;
    for (const value of values) this.#tensors.push({ ...value, name: node.outputs[0] ?? value.name, isConstant: true });
  }

  #attribute(range: WireRange, depth: number, numbers: Map<string, readonly number[]>, values: StoredInitializer[]) {
    let name = '';
    const whole: number[] = [];
    for (const field of this.#wire.fields(range)) {
      if (field.number === ATTRIBUTE.name) name = this.#wire.text(field);
      else if (field.number === ATTRIBUTE.i || field.number === ATTRIBUTE.ints) {
        // Negative numbers, such as an axis counted from the end, are not needed here.
        whole.push(...this.#wire.numbers(field, MAX_DIMENSIONS).map((value) => value ?? Number.NaN));
      } else if (field.number === ATTRIBUTE.t) values.push(this.#tensor(field));
      else if (field.number === ATTRIBUTE.g || field.number === ATTRIBUTE.graphs) this.#graph(field, depth + 1);
    }
    if (whole.length > 0) numbers.set(name, whole);
  }

  #sparse(range: WireRange): void {
    for (const field of this.#wire.fields(range)) {
      if (field.number !== SPARSE.values) continue;
      this.#tensors.push({ ...this.#tensor(field), storage: { kind: 'sparse', range: pick(range) } });
    }
  }

  #tensor(range: WireRange): StoredInitializer {
    let name = '';
    let type = 0;
    let isExternal = false;
    let isSegment = false;
    const shape: number[] = [];
    const entries = new Map<string, string>();
    const data: WireField[] = [];
    for (const field of this.#wire.fields(range)) {
      if (field.number === TENSOR.name) name = this.#wire.text(field);
      else if (field.number === TENSOR.dataType) type = this.#wire.number(field) ?? 0;
      else if (field.number === TENSOR.dims) shape.push(...this.#dimensions(field, name));
      // Packed numbers of fixed width are little-endian elements.
      else if (FIXED_WIDTH.has(field.number)) data.push(field);
      else if (field.number === TENSOR.dataLocation) isExternal = this.#wire.number(field) === EXTERNAL;
      else if (field.number === TENSOR.externalData) this.#entry(field, entries);
      else if (field.number === TENSOR.segment) isSegment = true;
    }
    if (shape.length > MAX_DIMENSIONS) throw this.#damaged(`tensor ${JSON.stringify(name)} has too many dimensions`);
    const [only, ...more] = data;
    const isInline = only?.type === WireType.bytes && more.length === 0 && !isSegment;
    return {
      name,
      dataType: DataType[type] ?? `type ${type}`,
      shape,
      storage: isExternal
        ? { kind: 'external', entries }
        : isInline
          ? { kind: 'inline', range: pick(only) }
          : { kind: 'encoded', range: pick(range) },
      isConstant: false,
    };
  }

  #dimensions(field: WireField, name: string): number[] {
    return this.#wire.numbers(field, MAX_DIMENSIONS).map((dimension) => {
      if (dimension !== null) return dimension;
      throw this.#damaged(`tensor ${JSON.stringify(name)} has a dimension that is negative or overflows`);
    });
  }

  #entry(range: WireRange, entries: Map<string, string>): void {
    let key = '';
    let value = '';
    for (const field of this.#wire.fields(range)) {
      if (field.number === ENTRY.key) key = this.#wire.text(field);
      else if (field.number === ENTRY.value) value = this.#wire.text(field);
    }
    entries.set(key, value);
  }

  #damaged(what: string): UserError {
    return new UserError(`${this.#wire.path}: ${what}`, 'export or download the model again: the file is damaged');
  }
}

function pick({ begin, end }: WireRange): WireRange {
  return { begin, end };
}
