import type { Random } from '@shadow-gate/probes/random';

const INTERESTING = [0, 1, 0x7f, 0x80, 0xff, 0x7b, 0x50, 0x0a, 0x22];

/** A copy of some bytes with one to four edits, anywhere or near the start, where headers are. */
export function mutateBytes(bytes: Uint8Array, random: Random): Uint8Array {
  let copy: Uint8Array = bytes.slice();
  for (let edits = random.int(1, 4); edits > 0; edits -= 1) copy = edit(copy, random);
  return copy;
}

function edit(bytes: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  const last = Math.max(0, (random.int(0, 1) === 0 ? Math.min(64, bytes.length) : bytes.length) - 1);
  const position = random.int(0, last);
  const copy = Uint8Array.prototype.slice.call(bytes);
  switch (random.int(0, 6)) {
    case 0:
      copy[position] = (copy[position] ?? 0) ^ (1 << random.int(0, 7));
      return copy;
    case 1:
      copy[position] = random.pick(INTERESTING);
      return copy;
    case 2:
      return copy.subarray(0, position);
    case 3: {
      const length = random.int(1, 16);
      return joined(copy.subarray(0, position), copy.subarray(position + length));
    }
    case 4: {
      const inserted = Uint8Array.from({ length: random.int(1, 16) }, () => random.pick(INTERESTING));
      return joined(copy.subarray(0, position), inserted, copy.subarray(position));
    }
    case 5: {
      // An integer of eight bytes, little-endian, as lengths and offsets are.
      const value = random.pick([0n, 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]);
      for (let i = 0; i < 8 && position + i < copy.length; i += 1)
        copy[position + i] = Number((value >> BigInt(8 * i)) & 0xffn);
      return copy;
    }
    default: {
      const from = random.int(0, Math.max(0, bytes.length - 1));
      copy.set(bytes.subarray(from, from + Math.min(16, copy.length - position)), position);
      return copy;
    }
  }
}

function joined(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(parts));
}
