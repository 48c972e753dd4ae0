import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import {
  isLfsPointer,
  LFS_MAGIC_BYTES,
  lfsPointerError,
  openResolved,
  resolveInside,
} from '@shadow-gate/platform/files';
import { parseJson, validate } from '@shadow-gate/platform/json';
import { z } from 'zod';
import { MAX_HEADER_BYTES } from '../hub/checkpoint-files.ts';
import { bitsPerElement } from '../tensors/dtype.ts';
import type { TensorEntry } from '../tensors/tensor-entry.ts';
import { checkName } from '../tensors/tensor-name.ts';
import { foreignError, readForeignFormat } from './foreign-format.ts';
import { repeatedKey } from './repeated-key.ts';
import { readWeightsFile } from './weights-file.ts';

/** Format: https://github.com/huggingface/safetensors#format */

const entrySchema = z.object({
  dtype: z.string(),
  shape: z.array(z.int().nonnegative()),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
});
/** mlx writes null for an empty map. */
const metadataSchema = z.record(z.string(), z.string()).nullish();

/** Convolutions have at most five. */
const MAX_DIMENSIONS = 32;

/**
 * The tensors of one file in the order of their data.
 * @throws UserError naming the file (and tensor) for other formats, truncation, a header larger than the file,
 * overlapping or missing bytes, and a shape that overflows or does not match its bytes
 */
export async function readSafetensorsHeader(file: string): Promise<TensorEntry[]> {
  return (await readSafetensors(file)).entries;
}

/** The header's `__metadata__`. @throws UserError as `readSafetensorsHeader` */
export async function readSafetensorsMetadata(file: string): Promise<Readonly<Record<string, string>>> {
  return (await readSafetensors(file)).metadata;
}

interface Header {
  readonly entries: TensorEntry[];
  readonly metadata: Readonly<Record<string, string>>;
}

export function readSafetensors(file: string): Promise<Header> {
  return readWeightsFile(file, async (handle, state) => {
    const size = Number(state.size);
    const headerLength = await readHeaderLength(handle, file, size);
    const json = await readExactly(handle, 8, headerLength, file);
    const { entries, metadata } = checkLayout(parseHeader(json, file), file, 8 + headerLength, size);
    return { entries: entries.map((entry) => ({ ...entry, state })), metadata };
  });
}

async function readHeaderLength(handle: FileHandle, file: string, size: number): Promise<number> {
  const start = await readExactly(handle, 0, Math.min(size, LFS_MAGIC_BYTES), file);
  if (size === 0) throw new UserError(`${file} is empty`, 'download the checkpoint again');
  if (isLfsPointer(start)) throw lfsPointerError(file);
  const foreign = await readForeignFormat(handle, file);
  if (foreign !== null) throw foreignError(file, foreign);
  if (size < 8) throw new UserError(`${file} is truncated: ${size} bytes, no header`, 'download the checkpoint again');
  const length = start.readBigUInt64LE(0);
  if (length > BigInt(size - 8)) {
    throw new UserError(
      // Do not quote the length: it is the first bytes of the file, which may be a link to another one.
      `${file} is not a complete safetensors file: its header is longer than the ${size} bytes of the file`,
      'download it again, or check that it is a safetensors file',
    );
  }
  if (length <= BigInt(MAX_HEADER_BYTES)) return Number(length);
  throw new UserError(
    `${file}: its header exceeds the limit of ${MAX_HEADER_BYTES} bytes`,
    'check that it is a safetensors file',
  );
}
/** The real path: the Hugging Face cache has links. @throws UserError if missing or outside of the folder */
export async function resolveFile(directory: string, name: string, whole = 'checkpoint'): Promise<string> {
  const file = await resolveInside(directory, name);
  if (file === null) throw new UserError(`${join(directory, name)} is missing`, `download the whole ${whole}`);
  return file;
}

/** Tensors that describe others have some hundred bytes. */
const MAX_DESCRIPTION_BYTES = 64 * 1024;

/** The bytes of a small tensor. @throws UserError for a large one, which cannot be what its name says */
export async function readTensorBytes({ name, file, offset, byteLength, layout }: TensorEntry): Promise<Buffer> {
  if (layout) throw damaged(file, name, 'it describes a quantized weight in parts');
  if (byteLength > MAX_DESCRIPTION_BYTES) {
    throw damaged(file, name, `it describes a quantized weight in ${byteLength} bytes`);
  }
  const handle = await openResolved(file);
  try {
    return await readExactly(handle, offset, byteLength, file);
  } finally {
    await handle.close();
  }
}

async function readExactly(handle: FileHandle, position: number, length: number, file: string): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await handle.read(buffer, 0, length, position);
  if (bytesRead !== length)
    throw new UserError(`${file} changed while it was read`, 'run again when the file is complete');
  return buffer;
}

function parseHeader(bytes: Buffer, file: string): Record<string, unknown> {
  const hint = 'check that it is a safetensors file';
  const text = decodeHeader(bytes, file, hint);
  const json = parseJson(text, { name: `${file}: the header`, hint, notJson: ' is not JSON' });
  if (json === null || typeof json !== 'object' || Array.isArray(json) || bytes[0] !== OPEN_BRACE) {
    throw new UserError(`${file}: the header is not a JSON object`, 'save the checkpoint again');
  }
  const twice = repeatedKey(bytes);
  if (twice !== null) {
    throw new UserError(
      `${file}: the header has ${quote(twice.slice(0, 200))} twice`,
      'save the checkpoint again (loaders differ in which of the two they use)',
    );
  }
  return json as Record<string, unknown>;
}

const OPEN_BRACE = 0x7b;

function decodeHeader(bytes: Buffer, file: string, hint: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UserError(`${file}: the header is not JSON`, hint);
  }
}

/** Every byte after the header belongs to exactly one tensor, as in the reference implementation. */
function checkLayout(header: Record<string, unknown>, file: string, dataStart: number, fileSize: number): Header {
  const metadata = validate(metadataSchema, header.__metadata__);
  if (!metadata.success) {
    throw new UserError(`${file}: __metadata__ is not a map of texts`, 'save the checkpoint again');
  }
  const entries = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, value]) => toEntry(name, value, file, dataStart))
    .sort((a, b) => a.offset - b.offset || a.byteLength - b.byteLength);
  let end = dataStart;
  for (const entry of entries) {
    if (entry.offset < end) {
      throw damaged(file, entry.name, `its data overlaps the tensor before it (byte ${entry.offset} < ${end})`);
    }
    if (entry.offset > end) {
      throw damaged(file, entry.name, `${entry.offset - end} bytes before it belong to no tensor`);
    }
    end = entry.offset + entry.byteLength;
    if (end > fileSize) {
      throw new UserError(
        `${file} is truncated: tensor ${quote(entry.name)} ends at byte ${end}, the file at ${fileSize}`,
        'download it again',
      );
    }
  }
  if (end < fileSize) {
    throw new UserError(`${file}: ${fileSize - end} bytes at the end belong to no tensor`, 'save the checkpoint again');
  }
  return { entries, metadata: metadata.data ?? {} };
}

function toEntry(name: string, value: unknown, file: string, dataStart: number): TensorEntry {
  checkName(file, name);
  const parsed = validate(entrySchema, value);
  if (!parsed.success) {
    const { path, message } = parsed.issue;
    throw damaged(file, name, `its header entry is not valid (${path.map(String).join('.')}: ${message})`);
  }
  const { dtype, shape, data_offsets } = parsed.data;
  const [begin, end] = data_offsets;
  if (end < begin) throw damaged(file, name, `its data ends (${end}) before it begins (${begin})`);
  // Check this first: a product of half a million large dimensions takes a quarter of an hour.
  if (shape.length > MAX_DIMENSIONS) throw damaged(file, name, `it has ${shape.length} dimensions`);
  const size = shape.reduce((product, dimension) => product * BigInt(dimension), 1n);
  if (size > BigInt(Number.MAX_SAFE_INTEGER)) throw damaged(file, name, `its shape [${shape.join(', ')}] overflows`);
  const bits = bitsPerElement(dtype);
  if (bits === undefined) {
    throw new UserError(
      `${file}: tensor ${quote(name)}: dtype ${quote(dtype.slice(0, 40))} is not known`,
      'save the checkpoint in float32, float16 or bfloat16, or use a release of shadow-gate that knows the dtype',
    );
  }
  if ((size * BigInt(bits) + 7n) / 8n !== BigInt(end - begin)) {
    const needed = `${(size * BigInt(bits)) / 8n} bytes, and the header has ${end - begin}`;
    throw damaged(file, name, `shape [${shape.join(', ')}] of ${dtype} needs ${needed}`);
  }
  return { name, dtype, shape, size: Number(size), file, offset: dataStart + begin, byteLength: end - begin };
}

function damaged(file: string, tensor: string, what: string): UserError {
  return new UserError(`${file}: tensor ${quote(tensor)}: ${what}`, 'save or download the file again: it is damaged');
}

function quote(name: string): string {
  return JSON.stringify(name);
}
