import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { unpackTexts } from '../../../src/github/storage/artifacts.ts';

/** Where the central directory keeps the unpacked size of an entry, behind the entry's magic number. */
const SIZE_OFFSET = 24;
const DIRECTORY_MAGIC = [0x50, 0x4b, 0x01, 0x02];

/** The archive with another size in its directory: unpackers believe that size. */
function claiming(archive: Uint8Array, bytes: number): Uint8Array {
  const changed = Buffer.from(archive);
  changed.writeUInt32LE(bytes, changed.indexOf(Buffer.from(DIRECTORY_MAGIC)) + SIZE_OFFSET);
  return changed;
}

describe('an artifact', () => {
  it('is read whole', () => {
    const archive = zipSync({ 'measurement.json': strToU8('{}'), 'report.json': strToU8('{"a": 1}') });
    expect(unpackTexts(archive)).toEqual(
      new Map([
        ['measurement.json', '{}'],
        ['report.json', '{"a": 1}'],
      ]),
    );
  });

  it('that would unpack to gigabytes is refused before it does', () => {
    const archive = zipSync({ 'measurement.json': strToU8('{}') }, { level: 9 });
    expect(() => unpackTexts(claiming(archive, 3_000_000_000))).toThrow(
      '"measurement.json" would take 3000000000 bytes unpacked',
    );
  });

  it('that unpacks to more than it claims costs what it claims', () => {
    const bomb = zipSync({ 'measurement.json': new Uint8Array(2_000_000) }, { level: 9 });
    expect(bomb.length).toBeLessThan(100_000);
    let length = 0;
    try {
      length = unpackTexts(claiming(bomb, 100)).get('measurement.json')?.length ?? 0;
    } catch {
      // Refused by the unpacker.
    }
    expect(length).toBeLessThanOrEqual(100);
  });

  it('of a hundred thousand files is refused', () => {
    const files = Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`${i}.json`, strToU8('')]));
    expect(() => unpackTexts(zipSync(files, { level: 0 }))).toThrow('more than 1000 files');
  });
});
