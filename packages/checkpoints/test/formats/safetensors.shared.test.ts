import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../../test/fixtures.ts';
import { readSafetensorsHeader } from '../../src/formats/safetensors.ts';
import { headerError } from '../refusal.ts';
import { safetensorsBytes } from '../write-safetensors.ts';

const folder = temporaryFolder();
let count = 0;

function file(bytes: Uint8Array): string {
  count += 1;
  const path = join(folder, `${count}.safetensors`);
  writeFileSync(path, bytes);
  return path;
}

const tensor = (shape: unknown, begin: number, end: number, dtype: unknown = 'F32') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

const messageOf = (bytes: Uint8Array) => headerError(file(bytes), readSafetensorsHeader);

describe('a safetensors header', () => {
  it('has no name that takes longer to look at than its tensor', async () => {
    const name = `layers.${'9'.repeat(200_000)}.q_proj.weight`;
    const message = await messageOf(safetensorsBytes({ [name]: tensor([1], 0, 4) }, new Uint8Array(4)));
    expect(message).toMatch(/tensor "layers\.9{73}…": its name has 200021 characters/);
    expect(message.length).toBeLessThan(500);
  });

  it('has every tensor with its offset in the file, in the order of the data', async () => {
    const header = {
      __metadata__: { format: 'pt' },
      b: tensor([2], 4, 12),
      a: tensor([], 0, 4),
      z: tensor([0, 3], 12, 12),
    };
    const bytes = safetensorsBytes(header, Buffer.alloc(12));
    const start = bytes.length - 12;
    const entries = await readSafetensorsHeader(file(bytes));
    expect(entries.map(({ name, shape, size, offset, byteLength }) => [name, shape, size, offset, byteLength])).toEqual(
      [
        ['a', [], 1, start, 4],
        ['b', [2], 2, start + 4, 8],
        ['z', [0, 3], 0, start + 12, 0],
      ],
    );
  });

  it('may have scalars, tensors without elements, and text in its metadata', async () => {
    const header = {
      __metadata__: { format: 'pt', note: '"a": 1' },
      's.a': tensor([], 0, 4),
      z: tensor([0, 2 ** 40], 4, 4),
    };
    const entries = await readSafetensorsHeader(file(safetensorsBytes(header, Buffer.alloc(4))));
    expect(entries.map(({ name, size }) => [name, size])).toEqual([
      ['s.a', 1],
      ['z', 0],
    ]);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['an empty file', Buffer.alloc(0), /is empty/],
    ['a file of a few bytes', Buffer.from('abc'), /truncated/],
    [
      'a header larger than the file',
      Buffer.concat([Buffer.from([0xff, 0xff, 0, 0, 0, 0, 0, 0]), Buffer.from('{}')]),
      /header is longer than the \d+ bytes of the file/,
    ],
    ['a random length', Buffer.from('0123456789abcdef'), /not a complete safetensors file/],
    ['a pickle', Buffer.concat([Buffer.from([0x80, 2]), Buffer.alloc(40, 0x41)]), /pickle/],
    ['a zipped pickle', Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(40)]), /pickle/],
    [
      'an LFS pointer',
      Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 9\n'),
      /LFS pointer.*git lfs pull/,
    ],
    ['a GGUF file', Buffer.from('GGUF\x03\0\0\0\0\0\0\0'), /GGUF/],
    ['a header that is not JSON', safetensorsBytes('{"a": ', Buffer.alloc(0)), /not JSON/],
    ['a header that is a list', safetensorsBytes([], Buffer.alloc(0)), /not a JSON object/],
    ['data that is cut off', safetensorsBytes({ x: tensor([4], 0, 16) }, Buffer.alloc(15)), /truncated: tensor "x"/],
    [
      'overlapping tensors',
      safetensorsBytes({ x: tensor([2], 0, 8), y: tensor([2], 4, 12) }, Buffer.alloc(12)),
      /"y".*overlaps/,
    ],
    [
      'a gap between tensors',
      safetensorsBytes({ x: tensor([1], 0, 4), y: tensor([1], 8, 12) }, Buffer.alloc(12)),
      /"y".*belong to no tensor/,
    ],
    ['bytes after the last tensor', safetensorsBytes({ x: tensor([1], 0, 4) }, Buffer.alloc(9)), /5 bytes at the end/],
    [
      'a shape that overflows',
      safetensorsBytes({ x: tensor([2 ** 40, 2 ** 40], 0, 4) }, Buffer.alloc(4)),
      /"x".*overflows/,
    ],
    [
      'a shape that wraps around 64 bits',
      safetensorsBytes({ x: tensor([2 ** 32, 2 ** 32, 4], 0, 0) }, Buffer.alloc(0)),
      /"x".*overflows/,
    ],
    [
      // Their product has 7 million digits: it took a quarter of an hour, and the message all of them.
      'a shape of 450,000 large dimensions',
      safetensorsBytes({ x: tensor(new Array(450_000).fill(Number.MAX_SAFE_INTEGER), 0, 4) }, Buffer.alloc(4)),
      /tensor "x": it has 450000 dimensions — [^—]{1,100}$/,
    ],
    [
      'a shape that needs more bytes',
      safetensorsBytes({ x: tensor([3], 0, 8) }, Buffer.alloc(8)),
      /"x".*needs 12 bytes/,
    ],
    [
      'an unknown dtype',
      safetensorsBytes({ x: tensor([3], 0, 5, 'F12_NEW') }, Buffer.alloc(5)),
      /tensor "x": dtype "F12_NEW" is not known/,
    ],
    [
      'a tensor that it has twice',
      safetensorsBytes(
        '{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}, "\\u0078" : {"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
        Buffer.alloc(4),
      ),
      /has "x" twice/,
    ],
    [
      'a shape that it has twice',
      safetensorsBytes('{"x":{"dtype":"F32","shape":[2],"shape":[1],"data_offsets":[0,4]}}', Buffer.alloc(4)),
      /has "shape" twice/,
    ],
    ['NaN', safetensorsBytes('{"x":{"dtype":"F32","shape":[NaN],"data_offsets":[0,4]}}', Buffer.alloc(4)), /not JSON/],
    ['space before the header', safetensorsBytes(' {}', Buffer.alloc(0)), /not a JSON object/],
    [
      'metadata with a number',
      safetensorsBytes({ __metadata__: { a: 1 } }, Buffer.alloc(0)),
      /__metadata__ is not a map/,
    ],
    ['metadata that is a list', safetensorsBytes({ __metadata__: [] }, Buffer.alloc(0)), /__metadata__ is not a map/],
    [
      'a thousand dimensions',
      safetensorsBytes({ x: tensor(Array(1000).fill(1), 0, 4) }, Buffer.alloc(4)),
      /"x".*1000 dimensions/,
    ],
    ['a negative dimension', safetensorsBytes({ x: tensor([-1], 0, 4) }, Buffer.alloc(4)), /"x".*shape/],
    [
      'offsets in the wrong order',
      safetensorsBytes({ x: tensor([1], 4, 0) }, Buffer.alloc(4)),
      /"x".*ends \(0\) before it begins \(4\)/,
    ],
    [
      'an entry without offsets',
      safetensorsBytes({ x: { dtype: 'F32', shape: [1] } }, Buffer.alloc(4)),
      /"x".*data_offsets/,
    ],
    ['a hostile name', safetensorsBytes({ 'a\n::error::b': tensor([3], 0, 8) }, Buffer.alloc(8)), /a\\n::error::b/],
  ])('refuses %s, and names the file', async (_, bytes, pattern) => {
    expect(await messageOf(bytes)).toMatch(pattern);
  });

  it('reads a header whose length looks like the start of a pickle', async () => {
    // 0x0280 = 640 bytes: the same first two bytes as a pickle of protocol 2.
    const text = JSON.stringify({ x: tensor([1], 0, 4) }).padEnd(640);
    const entries = await readSafetensorsHeader(file(safetensorsBytes(text, Buffer.alloc(4))));
    expect(entries).toHaveLength(1);
  });
});
