import { at } from '@shadow-gate/platform';
import type { Random } from '@shadow-gate/probes/random';

/** A field of a protobuf message: a number, eight or four bytes, or bytes that may be a message themselves. */
interface Field {
  readonly number: number;
  readonly type: number;
  readonly value: bigint | Uint8Array | readonly Field[];
}

/** The fields of a message; null for bytes that are not one. Nothing of the product is used. */
function decode(bytes: Uint8Array, depth = 0): Field[] | null {
  const fields: Field[] = [];
  let position = 0;
  const varint = (): bigint | null => {
    let value = 0n;
    for (let i = 0; i < 10 && position < bytes.length; i += 1) {
      const byte = at(bytes, position);
      position += 1;
      value |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) return value;
    }
    return null;
  };
  while (position < bytes.length) {
    const tag = varint();
    if (tag === null) return null;
    const [number, type] = [Number(tag >> 3n), Number(tag & 7n)];
    if (number < 1 || number > 100) return null;
    if (type === 0) {
      const value = varint();
      if (value === null) return null;
      fields.push({ number, type, value });
      continue;
    }
    const length = type === 2 ? Number(varint() ?? -1n) : type === 1 ? 8 : type === 5 ? 4 : -1;
    if (length < 0 || position + length > bytes.length) return null;
    const content = bytes.slice(position, position + length);
    position += length;
    const inner = type === 2 && depth < 6 && length > 1 ? decode(content, depth + 1) : null;
    fields.push({ number, type, value: inner ?? content });
  }
  return fields;
}

function encode(fields: readonly Field[], skew: { left: number; by: bigint }): Uint8Array {
  const out: number[] = [];
  const varint = (value: bigint) => {
    let rest = BigInt.asUintN(64, value);
    while (rest >= 0x80n) {
      out.push(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    out.push(Number(rest));
  };
  for (const { number, type, value } of fields) {
    varint((BigInt(number) << 3n) | BigInt(type));
    if (typeof value === 'bigint') {
      varint(value);
      continue;
    }
    const bytes = value instanceof Uint8Array ? value : encode(value as readonly Field[], skew);
    if (type === 2) {
      // One length in the message is wrong, if that is the edit.
      skew.left -= 1;
      varint(BigInt(bytes.length) + (skew.left === 0 ? skew.by : 0n));
    }
    for (const byte of bytes) out.push(byte);
  }
  return Uint8Array.from(out);
}

const TEXTS = ['', '../secret/data', '/etc/hostname', 'a\nb', '\u001b[2J', 'x'.repeat(20_000), '../../secret/weights'];
const VALUES = [0n, 1n, 2n, 7n, 255n, 2n ** 31n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n];

/** A protobuf message with one to three edits of its fields, at any depth. */
export function mutateProtobuf(bytes: Uint8Array, random: Random): Uint8Array {
  const fields = decode(bytes);
  if (!fields) return bytes;
  let copy: Field[] = fields;
  for (let edits = random.int(1, 3); edits > 0; edits -= 1) copy = edit(copy, random);
  const skewed = random.int(0, 5) === 0;
  return encode(copy, {
    left: skewed ? random.int(1, 60) : 0,
    by: random.pick([-1n, 1n, 1000n, 2n ** 40n, 2n ** 63n]),
  });
}

function edit(fields: readonly Field[], random: Random): Field[] {
  if (fields.length === 0) return [];
  const index = random.int(0, fields.length - 1);
  const field = at(fields, index);
  const put = (...made: readonly Field[]) => fields.flatMap((other, i) => (i === index ? made : [other]));
  if (Array.isArray(field.value) && random.int(0, 4) > 0) return put({ ...field, value: edit(field.value, random) });
  switch (random.int(0, 6)) {
    case 0:
      return put();
    case 1:
      return put(field, field);
    case 2:
      return put({ ...field, number: random.int(1, 25) });
    case 3:
      return put({ number: field.number, type: 0, value: random.pick(VALUES) });
    case 4:
      return put({ number: field.number, type: 2, value: new TextEncoder().encode(random.pick(TEXTS)) });
    case 5: {
      // A message in itself, many times: a graph in an attribute of a node of a graph.
      let value: Field[] = [field];
      for (let depth = random.pick([3, 200]); depth > 0; depth -= 1) value = [{ number: field.number, type: 2, value }];
      return put(...value);
    }
    default:
      return put(...Array.from({ length: random.pick([2, 300]) }, () => field));
  }
}
