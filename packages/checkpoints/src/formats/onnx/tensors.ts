import { stat } from 'node:fs/promises';
import { UserError } from '@shadow-gate/platform';
import { type FileState, stateBeforeReading } from '@shadow-gate/platform/files';
import { bitsPerElement, isMeasuredDtype } from '../../tensors/dtype.ts';
import type { TensorEntry } from '../../tensors/tensor-entry.ts';
import type { OnnxTensor } from '../full-checkpoint.ts';
import { ExternalFiles } from './external-data.ts';
import { readOnnxModel, type StoredInitializer } from './model-proto.ts';
import { moduleName, WeightUses } from './weight-use.ts';

/** Element types of ONNX, and safetensors' names. */
const DTYPES: Readonly<Record<string, string>> = {
  FLOAT: 'F32',
  FLOAT16: 'F16',
  BFLOAT16: 'BF16',
  DOUBLE: 'F64',
  UINT8: 'U8',
  INT8: 'I8',
  UINT16: 'U16',
  INT16: 'I16',
  INT32: 'I32',
  INT64: 'I64',
  UINT32: 'U32',
  UINT64: 'U64',
  BOOL: 'BOOL',
  COMPLEX64: 'C64',
  // Added to onnx.proto later than the others.
  'type 17': 'F8_E4M3',
  'type 18': 'F8_E4M3FNUZ',
  'type 19': 'F8_E5M2',
  'type 20': 'F8_E5M2FNUZ',
  'type 21': 'U4',
  'type 22': 'I4',
  'type 23': 'F4',
  'type 24': 'F8_E8M0',
  'type 25': 'U2',
  'type 26': 'I2',
};

const FLOATS: ReadonlySet<string> = new Set(['FLOAT', 'FLOAT16', 'BFLOAT16', 'DOUBLE']);

const ENCODED = 'its values are not stored as raw data';

/**
 * All initializers, and constants that can be weights.
 * @param path as the user gave it, next to external data
 * @throws UserError naming the file (and tensor) for damaged or missing data
 */
export async function readOnnxTensors(path: string, file: string): Promise<OnnxTensor[]> {
  if (!(await stat(file)).isFile()) {
    throw new UserError(`${path} is not a regular file`, 'give the path of an ONNX model');
  }
  const state = await stateBeforeReading(file);
  const model = readOnnxModel(file);
  const uses = new WeightUses(model);
  const external = new ExternalFiles(path);
  const found: OnnxTensor[] = [];
  const stored = new Set(model.tensors.map(({ name }) => name));
  const named = new Set<string>();
  for (const tensor of model.tensors) {
    const use = uses.of(tensor.name, tensor.shape.length);
    // An unknown operator may take a constant as a weight, but not numbers in formulas, sizes and indices.
    const canBeWeight = FLOATS.has(tensor.dataType) && tensor.shape.some((length) => length > 1);
    if (tensor.isConstant && use === null && !canBeWeight) continue;
    if (named.has(tensor.name)) {
      // Constants of sibling branches can share a name; that of a weight must be unique.
      if (tensor.isConstant && use === null) continue;
      throw new UserError(`${path} has two tensors ${JSON.stringify(tensor.name)}`, 'export the model again');
    }
    named.add(tensor.name);
    const module = use && moduleName(tensor.name, use);
    const isFree = module !== null && !stored.has(module) && !named.has(module);
    if (isFree) named.add(module);
    const entry = await locate(tensor, { path, file, state, external });
    if (use !== null && entry.unmapped === ENCODED && isMeasuredDtype(entry.dtype)) {
      throw new UserError(
        `${path}: tensor ${JSON.stringify(tensor.name)} is stored as single numbers (int32_data or unpacked), not as raw data`,
        'create its weights with onnx.numpy_helper.from_array',
      );
    }
    const names = isFree ? { name: module, storedName: tensor.name } : { storedName: null };
    const quantizedBy = uses.quantizedBy(tensor.name);
    found.push({ ...entry, use, quantizedBy, isBias: uses.isBias(tensor.name), ...names });
  }
  refuseOverlaps(path, found);
  return found;
}

/** Two tensors can be the same bytes (a tied head). Partial overlap would let a small file have huge tensors. */
function refuseOverlaps(path: string, tensors: readonly OnnxTensor[]): void {
  const order = [...tensors].sort((a, b) =>
    a.file === b.file ? a.offset - b.offset || b.byteLength - a.byteLength : a.file < b.file ? -1 : 1,
  );
  let before: OnnxTensor | null = null;
  for (const tensor of order) {
    if (tensor.byteLength === 0) continue;
    const end = before?.file === tensor.file ? before.offset + before.byteLength : 0;
    const isSame = tensor.offset === before?.offset && tensor.byteLength === before.byteLength;
    if (before !== null && tensor.offset < end && !isSame) {
      throw new UserError(
        `${path}: tensors ${JSON.stringify(before.name)} and ${JSON.stringify(tensor.name)} overlap`,
        'export the model again: the file is damaged',
      );
    }
    before = tensor;
  }
}

type LocatedTensor = Omit<OnnxTensor, 'use' | 'storedName' | 'quantizedBy' | 'isBias'>;

interface ModelFiles {
  readonly path: string;
  readonly file: string;
  readonly state: FileState;
  readonly external: ExternalFiles;
}

async function locate(tensor: StoredInitializer, { path, file, state, external }: ModelFiles): Promise<LocatedTensor> {
  const { name, shape, storage } = tensor;
  const dtype = Object.hasOwn(DTYPES, tensor.dataType) ? (DTYPES[tensor.dataType] as string) : tensor.dataType;
  if (dtype.startsWith('type ')) {
    throw new UserError(
      `${path}: tensor ${JSON.stringify(name)}: data ${dtype} is not known`,
      'export the model with float32, float16 or bfloat16 weights, or use a release of shadow-gate that knows the type',
    );
  }
  const damaged = (what: string) =>
    new UserError(
      `${path}: tensor ${JSON.stringify(name)}: ${what}`,
      'export or download the model again: the file is damaged',
    );
  const elements = shape.reduce((product, dimension) => product * BigInt(dimension), 1n);
  if (elements > BigInt(Number.MAX_SAFE_INTEGER)) throw damaged(`its shape [${shape.join(', ')}] overflows`);
  const size = Number(elements);
  const bits = bitsPerElement(dtype);
  const need = bits === undefined ? null : Math.ceil((size * bits) / 8);
  const base = { name, dtype, shape, size };
  if (storage.kind === 'external') {
    const location = await locateExternal(storage.entries, need, external, damaged);
    return { ...base, ...location, unmapped: null };
  }
  const { begin, end } = storage.range;
  const here = { ...base, file, offset: begin, byteLength: end - begin, state };
  if (storage.kind === 'sparse') return { ...here, unmapped: 'sparse' };
  if (storage.kind === 'encoded' && size > 0) return { ...here, unmapped: ENCODED };
  // Tensors of other dtypes are listed and never read.
  if (isMeasuredDtype(dtype) && storage.kind === 'inline' && need !== here.byteLength) {
    throw damaged(`shape [${shape.join(', ')}] of ${dtype} needs ${need} bytes, and the file has ${here.byteLength}`);
  }
  return { ...here, unmapped: null };
}

async function locateExternal(
  entries: ReadonlyMap<string, string>,
  need: number | null,
  external: ExternalFiles,
  damaged: (what: string) => UserError,
): Promise<Pick<TensorEntry, 'file' | 'offset' | 'byteLength' | 'state'>> {
  const location = entries.get('location');
  if (location === undefined) throw damaged('its external data has no location');
  const { file, size, state } = await external.find(location);
  const offset = count(entries.get('offset') ?? '0', 'offset', damaged);
  const length = entries.get('length');
  const byteLength = length === undefined ? (need ?? size - offset) : count(length, 'length', damaged);
  if (need !== null && byteLength !== need) {
    throw damaged(`it needs ${need} bytes, and its external data has ${byteLength}`);
  }
  if (byteLength < 0 || offset + byteLength > size) {
    throw damaged(`its data ends at byte ${offset + byteLength} of ${file}, which has ${size}`);
  }
  return { file, offset, byteLength, state };
}

function count(text: string, what: string, damaged: (what: string) => UserError): number {
  const value = Number(text);
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(value)) {
    throw damaged(`the ${what} of its external data is ${JSON.stringify(text.slice(0, 40))}`);
  }
  return value;
}
