import { UserError } from '@shadow-gate/platform';
import {
  type FileState,
  isLfsPointer,
  LFS_MAGIC_BYTES,
  lfsPointerError,
  openResolved,
} from '@shadow-gate/platform/files';
import { readWeightsFile } from '../weights-file.ts';
import { HeaderBytes } from './header-bytes.ts';
import { GgufMetadata, type GgufValue } from './metadata.ts';
import { type GgufTensor, readTensors } from './tensor-infos.ts';
import { FIXED_SIZE, VALUE_TYPES, type ValueType } from './value-types.ts';

/** Versions 2 and 3, little-endian (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md), as in gguf.cpp. */
export interface GgufHeader {
  readonly file: string;
  /** The file before its header was read; see `expectUnchanged`. */
  readonly state: FileState;
  readonly metadata: GgufMetadata;
  /** In the order of their data. */
  readonly tensors: readonly GgufTensor[];
}

/** The longest header of a released model has some hundred keys. */
const MAX_KEYS = 65_536;

const MAGIC = 'GGUF';
const DAMAGED = 'download the file again: it is damaged';
const CONVERT = 'convert the model again with a current release of llama.cpp';

/**
 * @throws UserError naming the file (and key or tensor) for other formats, versions and byte orders, truncation,
 * unknown types, duplicate names, nested arrays, and data that is not one tensor after the other up to the end
 */
export function readGgufHeader(file: string): Promise<GgufHeader> {
  return readWeightsFile(file, async (handle, state) => {
    const bytes = new HeaderBytes(handle, file, Number(state.size));
    await expectVersion(bytes, file);
    await bytes.need(16, 'its header');
    const [tensorCount, keyCount] = [bytes.takeUint64(), bytes.takeUint64()];
    const metadata = new GgufMetadata(file, await readValues(bytes, file, keyCount));
    const tensors = await readTensors(bytes, file, { count: tensorCount, alignment: alignmentOf(metadata) });
    return { file, state, metadata, tensors };
  });
}

export async function isGguf(file: string): Promise<boolean> {
  const handle = await openResolved(file);
  try {
    if (!(await handle.stat()).isFile()) return false;
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAGIC.length), 0, MAGIC.length, 0);
    return bytesRead === MAGIC.length && buffer.toString('latin1') === MAGIC;
  } finally {
    await handle.close();
  }
}

async function expectVersion(bytes: HeaderBytes, file: string): Promise<void> {
  if (bytes.left === 0) throw new UserError(`${file} is empty`, 'download it again');
  const start = Math.min(bytes.left, LFS_MAGIC_BYTES);
  await bytes.need(start, 'its header');
  const magic = bytes.take(Math.min(start, MAGIC.length)).toString('latin1');
  if (magic !== MAGIC) {
    // Only its first letters have been taken.
    const rest = bytes.take(start - magic.length).toString('latin1');
    if (isLfsPointer(magic + rest)) throw lfsPointerError(file);
    throw new UserError(`${file} is not a GGUF file: it does not begin with ${MAGIC}`, 'check which file it is');
  }
  await bytes.need(4, 'its header');
  const version = bytes.takeUint32();
  // As in gguf.cpp: in the other byte order, a small number has an empty lower half.
  if (version !== 0 && (version & 0xffff) === 0) {
    throw new UserError(
      `${file} is a big-endian GGUF file, which is not read`,
      "convert it with gguf-py's gguf-convert-endian, or give the little-endian file",
    );
  }
  if (version !== 2 && version !== 3) {
    throw new UserError(
      `${file} is a GGUF file of version ${version}, which is not read`,
      version === 1 ? CONVERT : 'use a release of shadow-gate that knows it',
    );
  }
}

async function readValues(bytes: HeaderBytes, file: string, count: bigint): Promise<ReadonlyMap<string, GgufValue>> {
  if (count > BigInt(MAX_KEYS)) {
    throw new UserError(`${file}: its header has ${count} keys, and ${MAX_KEYS} is the limit`, DAMAGED);
  }
  const values = new Map<string, GgufValue>();
  for (let i = 0; i < Number(count); i++) {
    const key = await readKey(bytes, file);
    if (values.has(key)) {
      throw new UserError(
        `${file}: the header has ${JSON.stringify(key)} twice`,
        `${CONVERT} (loaders differ in which of the two they use)`,
      );
    }
    values.set(key, await readValue(bytes, file, key));
  }
  return values;
}

/** The specification allows 2^16 - 1; real keys have under 100. */
const MAX_KEY_BYTES = 1024;

async function readKey(bytes: HeaderBytes, file: string): Promise<string> {
  const key = await readBytes(bytes, file, 'a key', MAX_KEY_BYTES);
  const text = key.toString('utf8');
  if (text !== '' && /^[\x21-\x7e]+$/.test(text)) return text;
  throw new UserError(`${file}: a key of the header is ${JSON.stringify(text.slice(0, 80))}`, DAMAGED);
}

/** Bytes preceded by their length. */
async function readBytes(bytes: HeaderBytes, file: string, what: string, most: number): Promise<Buffer> {
  await bytes.need(8, what);
  const length = bytes.takeUint64();
  if (length > BigInt(most)) throw new UserError(`${file}: ${what} has ${length} bytes`, DAMAGED);
  await bytes.need(Number(length), what);
  return bytes.take(Number(length));
}

function typeOf(number: number, file: string, key: string): ValueType {
  const type = VALUE_TYPES[number];
  if (type !== undefined) return type;
  throw new UserError(`${file}: ${JSON.stringify(key)} has a value of type ${number}, which is not known`, DAMAGED);
}

async function readValue(bytes: HeaderBytes, file: string, key: string): Promise<GgufValue> {
  const what = JSON.stringify(key);
  await bytes.need(4, what);
  const type = typeOf(bytes.takeUint32(), file, key);
  if (type === 'array') return readArray(bytes, file, key);
  if (type === 'string') return { type, bytes: await readBytes(bytes, file, what, Number.MAX_SAFE_INTEGER) };
  await bytes.need(FIXED_SIZE[type].size, what);
  const value = bytes.take(FIXED_SIZE[type].size);
  if (type !== 'bool') return { type, value: FIXED_SIZE[type].read(value, 0) };
  expectTruth(value, file, key);
  return { type, value: value[0] === 1 };
}

async function readArray(bytes: HeaderBytes, file: string, key: string): Promise<GgufValue> {
  const what = JSON.stringify(key);
  await bytes.need(12, what);
  const of = typeOf(bytes.takeUint32(), file, key);
  const length = bytes.takeUint64();
  if (of === 'array') {
    throw new UserError(`${file}: ${what} is an array of arrays, which no program writes`, DAMAGED);
  }
  // A text takes at least the 8 bytes of its length.
  const least = of === 'string' ? 8 : FIXED_SIZE[of].size;
  if (length > BigInt(Math.floor(bytes.left / least))) {
    throw new UserError(`${file}: ${what} has ${length} values, for which the file is too short`, DAMAGED);
  }
  const count = Number(length);
  if (of === 'string') return readTexts(bytes, what, count);
  await bytes.need(count * least, what);
  const values = bytes.take(count * least);
  if (of === 'bool') expectTruth(values, file, key);
  return { type: 'array', of, length: count, bytes: values };
}

async function readTexts(bytes: HeaderBytes, what: string, length: number): Promise<GgufValue> {
  await bytes.need(8 * length, what);
  const start = bytes.position;
  const [begins, ends] = [new Uint32Array(length), new Uint32Array(length)];
  for (let i = 0; i < length; i++) {
    if (!bytes.has(8)) await bytes.need(8, what);
    const count = Number(bytes.takeUint64());
    if (!bytes.has(count)) await bytes.need(count, what);
    begins[i] = bytes.position - start;
    bytes.take(count);
    ends[i] = bytes.position - start;
  }
  return { type: 'array', of: 'string', length, texts: { bytes: bytes.since(start), begins, ends } };
}

function expectTruth(values: Buffer, file: string, key: string): void {
  const wrong = values.find((value) => value > 1);
  if (wrong === undefined) return;
  throw new UserError(`${file}: ${JSON.stringify(key)} is ${wrong} instead of true or false`, DAMAGED);
}

const ALIGNMENT = 'general.alignment';
const DEFAULT_ALIGNMENT = 32;
/** The largest page size of any system; files have an alignment of 32. */
const MAX_ALIGNMENT = 1024 * 1024;

function alignmentOf(metadata: GgufMetadata): number {
  const value = metadata.number(ALIGNMENT) ?? DEFAULT_ALIGNMENT;
  if (Number.isInteger(Math.log2(value)) && value >= 1 && value <= MAX_ALIGNMENT) return value;
  throw new UserError(`${metadata.file}: ${ALIGNMENT} is ${value}, and not a power of two`, DAMAGED);
}
