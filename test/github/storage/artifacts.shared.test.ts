import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { strToU8, Zip, ZipDeflate, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { unpackTexts } from '../../../src/github/storage/artifacts.ts';
import { temporaryFolder } from '../../fixtures.ts';

/** Where the central directory keeps the unpacked size of an entry, behind the entry's magic number. */
const SIZE_OFFSET = 24;
const DIRECTORY_MAGIC = [0x50, 0x4b, 0x01, 0x02];

/** The archive with another size in its directory: unpackers believe that size. */
function claiming(archive: Uint8Array, bytes: number): Uint8Array {
  const changed = Buffer.from(archive);
  changed.writeUInt32LE(bytes, changed.indexOf(Buffer.from(DIRECTORY_MAGIC)) + SIZE_OFFSET);
  return changed;
}

function unpack(archive: Uint8Array): Promise<Map<string, string>> {
  const path = join(temporaryFolder(), 'artifact.zip');
  writeFileSync(path, archive);
  return unpackTexts(path);
}

describe('an artifact', () => {
  it('is read whole', async () => {
    const archive = zipSync({ 'measurement.json': strToU8('{}'), 'report.json': strToU8('{"a": 1}') });
    expect(await unpack(archive)).toEqual(
      new Map([
        ['measurement.json', '{}'],
        ['report.json', '{"a": 1}'],
      ]),
    );
  });

  it('is read as streams write it, with sizes behind each file, as the toolkit does', async () => {
    const text = '{"größe": 1}'.repeat(1000);
    const chunks: Uint8Array[] = [];
    const archive = new Zip((_, chunk) => void chunks.push(chunk));
    const file = new ZipDeflate('measurement.json');
    archive.add(file);
    file.push(strToU8(text), true);
    archive.end();
    const bytes = Buffer.concat(chunks);
    // Bit 3: the local header knows no sizes.
    expect(bytes.readUInt16LE(6) & 8).toBe(8);
    expect(await unpack(bytes)).toEqual(new Map([['measurement.json', text]]));
  });

  it('that is damaged is refused, and not read as it is', async () => {
    const archive = Buffer.from(zipSync({ 'report.json': [strToU8('{"verdict": "fail"}'), { level: 0 }] }));
    archive.write('pass', archive.indexOf('fail'));
    await expect(unpack(archive)).rejects.toThrow('its archive cannot be read: its member report.json is damaged');
    await expect(unpack(archive.subarray(0, -30))).rejects.toThrow('it is not a whole zip archive');
  });

  it('that would unpack to gigabytes is refused before it does', async () => {
    const archive = zipSync({ 'measurement.json': strToU8('{}') }, { level: 9 });
    await expect(unpack(claiming(archive, 3_000_000_000))).rejects.toThrow(
      '"measurement.json" would take 3000000000 bytes unpacked',
    );
  });

  it('that unpacks to more than it claims is refused', async () => {
    const bomb = zipSync({ 'measurement.json': new Uint8Array(2_000_000) }, { level: 9 });
    expect(bomb.length).toBeLessThan(100_000);
    await expect(unpack(claiming(bomb, 100))).rejects.toThrow('its member measurement.json is damaged');
  });

  it('of a hundred thousand files is refused', async () => {
    const files = Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`${i}.json`, strToU8('')]));
    await expect(unpack(zipSync(files, { level: 0 }))).rejects.toThrow('more than 1000 files');
  });
});
