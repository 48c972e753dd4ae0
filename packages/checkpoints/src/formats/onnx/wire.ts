import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { at, UserError } from '@shadow-gate/platform';
import { isLfsPointer, LFS_MAGIC_BYTES, lfsPointerError } from '@shadow-gate/platform/files';

/**
 * Reads the protobuf wire format (https://protobuf.dev/programming-guides/encoding) by position, so that tensors are
 * skipped. Reads are synchronous: a model has tens of thousands of small fields in a few windows of the file.
 */

/** Read at once: most messages about nodes and tensors are near each other. */
const WINDOW_BYTES = 64 * 1024;

/** Names and operators are far shorter. It must fit into the window. */
const MAX_TEXT_BYTES = 16 * 1024;

/** A 64-bit number takes at most ten bytes of seven bits. */
const MAX_VARINT_BYTES = 10;

export const WireType = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;
export type WireType = (typeof WireType)[keyof typeof WireType];

/** One field of a message. Its content, without tag and length, is at `begin ≤ position < end`. */
export interface WireField {
  readonly number: number;
  readonly type: WireType;
  readonly begin: number;
  readonly end: number;
}

export type WireRange = Pick<WireField, 'begin' | 'end'>;

export class WireFile {
  readonly path: string;
  readonly size: number;
  /** Null if all of it is in memory. */
  readonly #descriptor: number | null;
  readonly #window: Buffer;
  #windowStart = 0;
  #windowLength = 0;

  /** @param bytes of the file, if in memory @throws UserError for an empty file and for a Git LFS pointer */
  constructor(path: string, bytes: Buffer | null = null) {
    this.path = path;
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    this.#descriptor = bytes === null ? openSync(path, flags) : null;
    this.#window = bytes ?? Buffer.alloc(WINDOW_BYTES);
    this.#windowLength = bytes?.length ?? 0;
    this.size = this.#descriptor === null ? this.#windowLength : fstatSync(this.#descriptor).size;
    if (this.size === 0) throw new UserError(`${path} is empty`, 'download it again');
    const start = this.#view(0, Math.min(this.size, LFS_MAGIC_BYTES));
    if (isLfsPointer(start)) throw lfsPointerError(path);
  }

  close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
  }

  /** The fields of a message. @throws UserError for bytes that are not a message */
  *fields({ begin, end }: WireRange): Generator<WireField> {
    for (let position = begin; position < end; ) {
      const tag = this.#varint(position, end);
      const field = this.#field(tag.value, tag.end, end);
      yield field;
      position = field.end;
    }
  }

  #field(tag: bigint, begin: number, end: number): WireField {
    const number = Number(tag >> 3n);
    const type = Number(tag & 7n);
    if (number === 0 || number >= 2 ** 29) throw this.#notAMessage(begin);
    if (type === WireType.varint) return { number, type, begin, end: this.#varint(begin, end).end };
    if (type === WireType.fixed32) return { number, type, begin, end: this.#inside(begin, 4, end) };
    if (type === WireType.fixed64) return { number, type, begin, end: this.#inside(begin, 8, end) };
    if (type !== WireType.bytes) throw this.#notAMessage(begin);
    const length = this.#varint(begin, end);
    if (length.value > BigInt(end - length.end)) throw this.#overrun(length.end, length.value, end);
    return { number, type, begin: length.end, end: length.end + Number(length.value) };
  }

  /** @returns null for a number that is negative, or too large for JavaScript to represent exactly */
  number(field: WireField): number | null {
    if (field.type !== WireType.varint) throw this.#notAMessage(field.begin);
    return exact(this.#varint(field.begin, field.end).value);
  }

  numbers(field: WireField, most: number): Array<number | null> {
    if (field.type === WireType.varint) return [this.number(field)];
    if (field.type !== WireType.bytes) throw this.#notAMessage(field.begin);
    const all: Array<number | null> = [];
    for (let position = field.begin; position < field.end && all.length <= most; ) {
      const { value, end } = this.#varint(position, field.end);
      all.push(exact(value));
      position = end;
    }
    return all;
  }

  text(field: WireField): string {
    if (field.type !== WireType.bytes) throw this.#notAMessage(field.begin);
    const length = field.end - field.begin;
    if (length > MAX_TEXT_BYTES) {
      throw new UserError(`${this.path}: a name at byte ${field.begin} has ${length} bytes`, 'export the model again');
    }
    return this.#view(field.begin, length).toString('utf8');
  }

  #varint(begin: number, end: number): { value: bigint; end: number } {
    const bytes = this.#view(begin, Math.min(MAX_VARINT_BYTES, end - begin));
    let value = 0n;
    for (let index = 0; index < bytes.length; index += 1) {
      const byte = at(bytes, index);
      value |= BigInt(byte & 0x7f) << BigInt(7 * index);
      if (byte < 0x80) return { value: BigInt.asUintN(64, value), end: begin + index + 1 };
    }
    if (bytes.length < MAX_VARINT_BYTES && end === this.size) throw this.#truncated();
    throw this.#notAMessage(begin);
  }

  /** Bytes of the file, valid until the next call. */
  #view(begin: number, length: number): Buffer {
    if (begin < this.#windowStart || begin + length > this.#windowStart + this.#windowLength) {
      this.#windowStart = begin;
      this.#windowLength =
        this.#descriptor === null ? 0 : readSync(this.#descriptor, this.#window, 0, WINDOW_BYTES, begin);
      if (this.#windowLength < length) {
        throw new UserError(`${this.path} changed while it was read`, 'run again when the file is complete');
      }
    }
    const start = begin - this.#windowStart;
    return this.#window.subarray(start, start + length);
  }

  #inside(begin: number, length: number, end: number): number {
    if (begin + length > end) throw this.#overrun(begin, BigInt(length), end);
    return begin + length;
  }

  /** A length exceeds its message. At the end of the file, the file is truncated. */
  #overrun(begin: number, length: bigint, end: number): UserError {
    if (end < this.size) return this.#notAMessage(begin);
    return this.#truncated(`a field at byte ${begin} has ${length} bytes, and the file ends at ${this.size}`);
  }

  #truncated(what = `it ends at byte ${this.size} inside a field`): UserError {
    return new UserError(
      `${this.path} is truncated, or not an ONNX model: ${what}`,
      'download it again, or check that it is an ONNX file',
    );
  }

  #notAMessage(position: number): UserError {
    return new UserError(
      `${this.path} is not an ONNX model: byte ${position} is not a protobuf field`,
      'check that it is an ONNX file',
    );
  }
}

function exact(value: bigint): number | null {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : null;
}
