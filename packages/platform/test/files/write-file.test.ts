import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { expectWritable, makeFolder, writeFileAtomic, writeJson } from '@shadow-gate/platform/files';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../../test/fixtures.ts';
import { itNeeds } from '../../../../test/needs.ts';
import { bundleScript } from '../../../../test/run-script.ts';

it('a file is replaced as a whole, in folders that are created, and no draft stays', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'a', 'b', 'file.json');
  await writeFileAtomic(file, 'old');
  await writeFileAtomic(file, new Uint8Array([110, 101, 119]));
  expect(readFileSync(file, 'utf8')).toBe('new');
  expect(readdirSync(join(folder, 'a', 'b'))).toEqual(['file.json']);
});

it('a symbolic link to a file stays a link, and its target is replaced', async () => {
  const folder = temporaryFolder();
  const [target, link] = [join(folder, 'target'), join(folder, 'link')];
  writeFileSync(target, 'old');
  symlinkSync(target, link);
  await writeFileAtomic(link, 'new');
  expect(readFileSync(target, 'utf8')).toBe('new');
  expect(readdirSync(folder).sort()).toEqual(['link', 'target']);
});

it('a draft that a killed process left is removed a day later, and nothing else is', async () => {
  const folder = temporaryFolder();
  const draft = (name: string) => join(folder, `${name}.01234567-89ab-cdef-0123-456789abcdef.tmp`);
  const longAgo = new Date(Date.now() - 25 * 3600 * 1000);
  const others = [join(folder, 'other.tmp'), join(folder, 'old.json')];
  for (const file of [draft('old'), draft('new'), ...others]) writeFileSync(file, '');
  for (const file of [draft('old'), ...others]) utimesSync(file, longAgo, longAgo);
  await writeFileAtomic(join(folder, 'file'), 'text');
  expect(readdirSync(folder).sort()).toEqual(['file', basename(draft('new')), 'old.json', 'other.tmp']);
});

it('a device is written to, not replaced', async () => {
  await writeFileAtomic('/dev/null', 'text');
  expect(readFileSync('/dev/null', 'utf8')).toBe('');
});

it('a write that fails leaves the old file and no draft', async () => {
  const folder = temporaryFolder();
  const place = join(folder, 'place');
  mkdirSync(place);
  await expect(writeFileAtomic(place, 'text')).rejects.toThrow();
  expect(readdirSync(folder)).toEqual(['place']);
});

it('a place where the system creates nothing is an error, not a wait without end', async () => {
  await expect(writeFileAtomic('/proc/none/below/file', 'text')).rejects.toThrow(/ENOENT/);
  await expect(writeFileAtomic(join('/dev/null', 'below', 'file'), 'text')).rejects.toThrow(/ENOTDIR/);
});

it('JSON is written for people, with a newline at the end', async () => {
  const file = join(temporaryFolder(), 'file.json');
  const long = 'x'.repeat(120);
  await writeJson(file, { a: [1], long });
  expect(readFileSync(file, 'utf8')).toBe(`{\n "a": [1],\n "long": "${long}"\n}\n`);
});

it('a path that cannot be written to is refused before a long measurement', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'file');
  writeFileSync(file, '');
  await expect(expectWritable(file, 'file')).resolves.toBeUndefined();
  await expect(expectWritable(join(folder, 'new', 'file'), 'file')).resolves.toBeUndefined();
  await expect(expectWritable(folder, 'folder')).resolves.toBeUndefined();
  await expect(expectWritable('/dev/null', 'file')).resolves.toBeUndefined();
  await expect(expectWritable('', 'file')).rejects.toThrow(/not a file — give the path of a file/);
  await expect(expectWritable(folder, 'file')).rejects.toThrow(/not a file/);
  await expect(expectWritable(file, 'folder')).rejects.toThrow(/not a folder/);
  await expect(expectWritable(join(file, 'below'), 'file')).rejects.toThrow(/is not a folder/);
  expect(existsSync(join(folder, 'new'))).toBe(false);
});

itNeeds(process.getuid?.() !== 0, 'a user other than root')(
  'a folder without write permission is refused',
  async () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o500);
    await expect(expectWritable(join(folder, 'file'), 'file')).rejects.toThrow(/EACCES/);
  },
);

it('two processes can create the same folders at once', async () => {
  for (let round = 0; round < 50; round += 1) {
    const folder = join(temporaryFolder(), 'a', 'b', 'c');
    await Promise.all(Array.from({ length: 8 }, (_, i) => makeFolder(join(folder, `${i % 4}`))));
    expect(readdirSync(folder)).toEqual(['0', '1', '2', '3']);
  }
});

/** A disk of a megabyte, for the processes of one command line. */
const withSmallDisk = (folder: string, command: string) =>
  spawnSync('unshare', ['-rm', 'sh', '-c', `mount -t tmpfs -o size=1m none '${folder}' && ${command}`], {
    encoding: 'utf8',
  });

itNeeds(withSmallDisk(temporaryFolder(), 'true').status === 0, 'mounting a tmpfs in a namespace (unshare)')(
  'a disk without room is noticed before the work, and nothing is left there',
  async () => {
    const script = await bundleScript(`
      import { expectWritable } from '#platform/files/write-file.ts';
      import { readdirSync } from 'node:fs';
      const [, , folder, path, kind] = process.argv;
      const error = await expectWritable(path, kind).then(() => null, ({ message }) => message);
      process.stdout.write(JSON.stringify({ error, left: readdirSync(folder) }));
    `);
    const folder = temporaryFolder();
    for (const [path, kind] of [
      [join(folder, 'file'), 'file'],
      [folder, 'folder'],
      [join(folder, 'a', 'b'), 'folder'],
    ] as const) {
      const { stdout } = withSmallDisk(folder, `'${process.execPath}' '${script}' '${folder}' '${path}' ${kind}`);
      expect(JSON.parse(stdout)).toEqual({ error: `ENOSPC: no space left on device, write '${path}'`, left: [] });
    }
    for (const path of [folder, '/dev/null']) {
      const output = execFileSync(process.execPath, [script, folder, path, path === folder ? 'folder' : 'file']);
      expect(JSON.parse(output.toString())).toEqual({ error: null, left: [] });
    }
  },
);
