// A picture as a PNG with a palette: a page of text has few colors, and is a third as large like that.
import { crc32, deflateSync } from 'node:zlib';
import { at } from '@shadow-gate/platform';

/** Colors of a palette, so that two pixels share a byte. */
const COLORS = 16;
/** Bits of a channel that are told apart when colors are counted. */
const BITS = 4;

interface Picture {
  readonly width: number;
  readonly height: number;
  /** RGBA, row by row. */
  readonly pixels: Uint8Array;
}

export function palettePng({ width, height, pixels }: Picture): Buffer {
  const palette = paletteOf(pixels);
  const indices = new Map<number, number>();
  const stride = Math.ceil(width / 2);
  const rows = Buffer.alloc(height * (stride + 1));
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const key = colorAt(pixels, 4 * (y * width + x));
      let index = indices.get(key);
      if (index === undefined) {
        index = nearest(palette, key);
        indices.set(key, index);
      }
      // The first byte of a row is its filter: none.
      const byte = y * (stride + 1) + 1 + (x >> 1);
      rows[byte] = at(rows, byte) | (x % 2 === 0 ? index << 4 : index);
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Four bits a pixel, of a palette.
  header.set([4, 3, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette.flatMap(channels))),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Colors that are frequent, and differ from those before them. */
function paletteOf(pixels: Uint8Array): number[] {
  const counts = new Map<number, number>();
  for (let place = 0; place < pixels.length; place += 4) {
    const key = colorAt(pixels, place);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const coarse = new Map<string, { readonly key: number; readonly most: number; readonly count: number }>();
  for (const [key, count] of counts) {
    const group = channels(key)
      .map((value) => value >> (8 - BITS))
      .join();
    const known = coarse.get(group) ?? { key, most: 0, count: 0 };
    coarse.set(group, {
      key: count > known.most ? key : known.key,
      most: Math.max(known.most, count),
      count: known.count + count,
    });
  }
  const left = [...coarse.values()].sort((a, b) => b.count - a.count);
  const chosen = [at(left, 0).key];
  // A mark is few pixels, of a color that nothing else has.
  while (chosen.length < Math.min(COLORS, left.length)) {
    const gains = left.map(({ key, count }) => Math.sqrt(count) * distance(key, at(chosen, nearest(chosen, key))));
    chosen.push(at(left, gains.indexOf(Math.max(...gains))).key);
  }
  return chosen;
}

/** Red, green and blue of the pixel that begins at this byte, as one number. */
function colorAt(pixels: Uint8Array, place: number): number {
  return (at(pixels, place) << 16) | (at(pixels, place + 1) << 8) | at(pixels, place + 2);
}

const channels = (key: number): number[] => [key >> 16, (key >> 8) & 255, key & 255];

function distance(key: number, other: number): number {
  const [a, b] = [channels(key), channels(other)];
  return a.reduce((sum, value, i) => sum + (value - at(b, i)) ** 2, 0);
}

function nearest(palette: readonly number[], key: number): number {
  const distances = palette.map((other) => distance(key, other));
  return distances.indexOf(Math.min(...distances));
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
