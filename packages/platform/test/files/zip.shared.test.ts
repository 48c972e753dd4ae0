import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withZip } from '@shadow-gate/platform/files';
import { zipSync } from 'fflate';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../../test/fixtures.ts';

const folder = temporaryFolder();
const text = (characters: string) => Buffer.from(characters);
const small = Buffer.from(
  zipSync({ 'a.txt': text('a'.repeat(1000)), 'b/ü.txt': [text('stored'), { level: 0 }], c: text('') }),
);

/** The texts of all members, by name. */
async function read(bytes: Buffer): Promise<Record<string, string>> {
  const path = join(folder, 'x.zip');
  writeFileSync(path, bytes);
  return withZip(path, 'copy it again', async ({ members, read: readOne }) => {
    const texts: [string, string][] = [];
    for (const member of members) texts.push([member.name, (await readOne(member)).toString('utf8')]);
    return Object.fromEntries(texts);
  });
}

/** As above 65,535 members: the last record has no numbers, and two records before it do. */
function asZip64(bytes: Buffer): Buffer {
  const end = bytes.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  const wide = Buffer.alloc(56 + 20);
  wide.write('PK\x06\x06', 0, 'latin1');
  wide.writeBigUInt64LE(44n, 4);
  for (const at of [24, 32]) wide.writeBigUInt64LE(BigInt(bytes.readUInt16LE(end + 10)), at);
  wide.writeBigUInt64LE(BigInt(bytes.readUInt32LE(end + 12)), 40);
  wide.writeBigUInt64LE(BigInt(bytes.readUInt32LE(end + 16)), 48);
  wide.write('PK\x06\x07', 56, 'latin1');
  wide.writeBigUInt64LE(BigInt(end), 64);
  const last = Buffer.from(bytes.subarray(end));
  last.fill(0xff, 8, 20);
  return Buffer.concat([bytes.subarray(0, end), wide, last]);
}

it('members are read whether stored or deflated, also of an archive with the numbers of ZIP64', async () => {
  const wanted = { 'a.txt': 'a'.repeat(1000), 'b/ü.txt': 'stored', c: '' };
  expect(await read(small)).toEqual(wanted);
  expect(await read(asZip64(small))).toEqual(wanted);
});

it('an archive that is damaged is refused with the member', async () => {
  const changed = (change: (bytes: Buffer) => void) => {
    const bytes = Buffer.from(small);
    change(bytes);
    return read(bytes);
  };
  const directory = small.indexOf('PK\x01\x02', 0, 'latin1');
  await expect(changed((bytes) => bytes.write('x', bytes.indexOf('stored')))).rejects.toThrow(
    /x\.zip cannot be read: its member b\/ü\.txt is damaged — copy it again/,
  );
  await expect(changed((bytes) => bytes.writeUInt16LE(12, directory + 10))).rejects.toThrow(
    'its member a.txt is packed by method 12, which is not read',
  );
  await expect(changed((bytes) => bytes.writeUInt32LE(0x4000_0000, directory + 24))).rejects.toThrow(
    'its member a.txt has 1024 MiB, and at most 256 MiB are read',
  );
  // More than it says: the rest is never unpacked.
  await expect(changed((bytes) => bytes.writeUInt32LE(10, directory + 24))).rejects.toThrow(
    'its member a.txt is damaged',
  );
  await expect(changed((bytes) => bytes.writeUInt32LE(0x7fff_ffff, directory + 42))).rejects.toThrow('it is cut off');
  await expect(changed((bytes) => bytes.fill(0, directory, directory + 4))).rejects.toThrow('its directory is damaged');
  await expect(read(small.subarray(0, -1))).rejects.toThrow('it is not a whole zip archive');
});
