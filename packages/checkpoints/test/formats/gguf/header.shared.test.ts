import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readGgufHeader } from '@shadow-gate/checkpoints/formats';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../../../test/fixtures.ts';
import { headerError } from '../../refusal.ts';
import { ggufBytes, list, pair, text, u32, u64 } from './write-gguf.ts';

const folder = temporaryFolder();
let count = 0;

function file(bytes: Uint8Array): string {
  count += 1;
  const path = join(folder, `${count}.gguf`);
  writeFileSync(path, bytes);
  return path;
}

const messageOf = (bytes: Uint8Array) => headerError(file(bytes), readGgufHeader);

const tensor = { name: 'a.weight', dims: [4, 2] };

describe('a GGUF header', () => {
  it('has its tensors with the last axis last, and their places in the file', async () => {
    const bytes = ggufBytes({
      pairs: [pair('general.alignment', 'uint32', 64)],
      alignment: 64,
      tensors: [
        { name: 'one', dims: [3] },
        { name: 'blocks', type: 2, dims: [64, 3], data: Buffer.alloc(6 * 18) },
        { name: 'scalar', dims: [] },
      ],
    });
    const { tensors } = await readGgufHeader(file(bytes));
    expect(tensors.map(({ name, type, shape, byteLength }) => [name, type.name, shape, byteLength])).toEqual([
      ['one', 'F32', [3], 12],
      ['blocks', 'Q4_0', [3, 64], 108],
      ['scalar', 'F32', [], 4],
    ]);
    const [first, second, third] = tensors.map(({ offset }) => offset);
    expect([(first ?? 0) % 64, second, third]).toEqual([0, (first ?? 0) + 64, (first ?? 0) + 192]);
    expect(bytes.length).toBe((third ?? 0) + 64);
  });

  it('has the values of every type', async () => {
    const numbers = [
      ['uint8', 255],
      ['int8', -128],
      ['uint16', 65535],
      ['int16', -32768],
      ['uint32', 4294967295],
      ['int32', -2147483648],
      ['float32', 0.5],
      ['uint64', 2 ** 53],
      ['int64', -(2 ** 53)],
      ['float64', 0.1],
    ] as const;
    const bytes = ggufBytes({
      version: 2,
      pairs: [
        ...numbers.map(([type, value]) => pair(`a.${type}`, type, value)),
        ...numbers.map(([type, value]) => list(`l.${type}`, type, [1, value, 2])),
        pair('yes', 'bool', 1),
        list('truths', 'bool', [1, 0]),
        pair('t', 'string', 'ünï\ufffd'),
        list('texts', 'string', ['', 'Ġa', '\u0000']),
        list('none', 'string', []),
      ],
    });
    const { metadata } = await readGgufHeader(file(bytes));
    for (const [type, value] of numbers) {
      expect(metadata.number(`a.${type}`)).toBe(value);
      expect(metadata.numbers(`l.${type}`)).toEqual([1, value, 2]);
    }
    expect([metadata.boolean('yes'), metadata.booleans('truths')]).toEqual([true, [true, false]]);
    expect([metadata.string('t'), metadata.strings('texts'), metadata.strings('none')]).toEqual([
      'ünï\ufffd',
      ['', 'Ġa', '\u0000'],
      [],
    ]);
    expect([metadata.number('no'), metadata.strings('no'), metadata.has('no')]).toEqual([null, null, false]);
    expect(() => metadata.number('t')).toThrow('"t" is not a number: its type is string');
    expect(() => metadata.string('texts')).toThrow('"texts" is not a text: its type is an array of string');
  });

  it('is read whole where it is longer than what is read at first', async () => {
    const long = 'x'.repeat(1_400_000);
    const other = 'y'.repeat(900_000);
    const words = Array.from({ length: 100_000 }, (_, i) => `word ${i}`);
    const pairs = [pair('a', 'string', long), pair('b', 'string', other), list('c', 'string', words)];
    const { metadata, tensors } = await readGgufHeader(file(ggufBytes({ pairs, tensors: [tensor] })));
    expect([metadata.string('a'), metadata.string('b')]).toEqual([long, other]);
    expect(metadata.strings('c')).toEqual(words);
    expect(tensors).toHaveLength(1);
  });

  it('says which text is not UTF-8', async () => {
    const pairs = [Buffer.concat([text('a'), u32(8), text(Buffer.from([0xff, 0x61]))])];
    const { metadata } = await readGgufHeader(file(ggufBytes({ pairs })));
    expect(() => metadata.string('a')).toThrow('"a" is not valid UTF-8');
  });

  const nested = Buffer.concat([text('n'), u32(9), u32(9), u64(1), u32(4), u64(1), u32(7)]);
  const aligned = (value: number) => [pair('general.alignment', 'uint32', value)];
  const q40 = (dims: readonly number[], data = Buffer.alloc(18)) => [{ name: 'q', type: 2, dims, data }];
  it.each<[string, Uint8Array, RegExp]>([
    ['an empty file', Buffer.alloc(0), /is empty/],
    ['another format', Buffer.from('PK\u0003\u0004 and more of this'), /does not begin with GGUF/],
    ['an LFS pointer', Buffer.from('version https://git-lfs.github.com/spec/v1\noid'), /Git LFS pointer/],
    ['three letters', Buffer.from('GGU'), /does not begin with GGUF/],
    ['the magic alone', Buffer.from('GGUF'), /truncated/],
    ['version 1', ggufBytes({ version: 1 }), /version 1, which is not read/],
    ['version 4', ggufBytes({ version: 4 }), /version 4/],
    ['version 0', ggufBytes({ version: 0 }), /version 0/],
    ['the other byte order', ggufBytes({ version: 0x03000000 }), /big-endian/],
    ['a count of keys beyond the file', ggufBytes({ pairCount: 9 }), /truncated|a key of/],
    ['an enormous count of keys', ggufBytes({ pairCount: 2n ** 64n - 1n }), /18446744073709551615 keys/],
    ['an enormous count of tensors', ggufBytes({ tensorCount: 2n ** 63n }), /9223372036854775808 tensors/],
    ['a count of tensors beyond the file', ggufBytes({ tensorCount: 7 }), /truncated|no name/],
    ['a key that is there twice', ggufBytes({ pairs: [pair('a', 'uint8', 1), pair('a', 'uint8', 2)] }), /"a" twice/],
    ['an empty key', ggufBytes({ pairs: [pair('', 'uint8', 1)] }), /a key of the header is ""/],
    ['a key of control characters', ggufBytes({ pairs: [pair('\u001b[2J', 'uint8', 1)] }), /a key of the header/],
    ['a key that is too long', ggufBytes({ pairs: [pair('k'.repeat(2000), 'uint8', 1)] }), /a key has 2000 bytes/],
    ['a type that is not known', ggufBytes({ pairs: [Buffer.concat([text('a'), u32(13)])] }), /type 13/],
    [
      'a text longer than the file',
      ggufBytes({ pairs: [Buffer.concat([text('a'), u32(8), u64(2n ** 62n)])] }),
      /has 4611686018427387904 bytes/,
    ],
    ['a list longer than the file', ggufBytes({ pairs: [list('a', 'uint8', [], 2n ** 60n)] }), /the file is too short/],
    [
      'texts longer than the file',
      ggufBytes({ pairs: [list('a', 'string', ['x'], 3)] }),
      /the file is too short|trunc/,
    ],
    ['an array of arrays', ggufBytes({ pairs: [nested] }), /array of arrays/],
    ['a truth value of 2', ggufBytes({ pairs: [pair('a', 'bool', 2)] }), /"a" is 2 instead of true or false/],
    ['an alignment of 24', ggufBytes({ pairs: aligned(24) }), /alignment is 24, and not a power of two/],
    ['an alignment of 0', ggufBytes({ pairs: aligned(0) }), /alignment is 0/],
    ['an alignment that is a text', ggufBytes({ pairs: [pair('general.alignment', 'string', '32')] }), /not a number/],
    ['a tensor twice', ggufBytes({ tensors: [tensor, tensor] }), /tensor "a.weight": it is there twice/],
    ['a tensor without a name', ggufBytes({ tensors: [{ ...tensor, name: '' }] }), /this is no name/],
    ['five dimensions', ggufBytes({ tensors: [{ name: 'a', dims: [1, 1, 1, 1, 1] }] }), /it has 5 dimensions/],
    ['a dimension of 0', ggufBytes({ tensors: [{ name: 'a', dims: [0, 4] }] }), /has no elements/],
    [
      'a shape that overflows',
      ggufBytes({ tensors: [{ name: 'a', dims: [2n ** 40n, 2n ** 40n], data: Buffer.alloc(4) }] }),
      /overflows/,
    ],
    ['a type of tensors that is not known', ggufBytes({ tensors: [{ ...tensor, type: 99 }] }), /its type is 99, which/],
    ['a type that was given up', ggufBytes({ tensors: [{ ...tensor, type: 31 }] }), /Q4_0_4_4, which ggml gave up/],
    [
      'rows that are no blocks',
      ggufBytes({ tensors: q40([16, 2]) }),
      /rows of 16 elements are not whole blocks of Q4_0/,
    ],
    ['data beyond the file', ggufBytes({ tensors: q40([32, 99]) }), /truncated: tensor "q" ends at byte/],
    ['data somewhere else', ggufBytes({ tensors: [{ ...tensor, offset: 32 }] }), /its data is at byte 32/],
    [
      'data that overlaps',
      ggufBytes({ tensors: [tensor, { name: 'b', dims: [8], offset: 0 }] }),
      /"b": its data is at byte 0, and the tensor before it ends at 32/,
    ],
    ['bytes at the end', ggufBytes({ tensors: [tensor], after: Buffer.alloc(33) }), /33 bytes at the end/],
  ])('is refused with %s', async (_, bytes, message) => {
    expect(await messageOf(bytes)).toMatch(message);
  });

  it('is refused wherever it is cut off', async () => {
    const pairs = [pair('a', 'string', 'text'), list('b', 'string', ['x', 'y']), list('c', 'float32', [1, 2])];
    const bytes = ggufBytes({ pairs, tensors: [{ name: 'a', dims: [8] }] });
    await Promise.all(Array.from({ length: bytes.length }, (_, length) => messageOf(bytes.subarray(0, length))));
  });
});
