import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../../../test/fixtures.ts';
import { unpackTarGz, unpackZip } from '../../../src/onnx/cuda/unpack.ts';

/** Sizes around the block of a tar archive, and one above the chunks of a stream. */
const FILES: Readonly<Record<string, Buffer>> = Object.fromEntries(
  [0, 1, 511, 512, 513, 300_000].map((size) => [`a/file-${size}`, randomBytes(size)]),
);

function tarOf(...options: string[]): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'a'));
  for (const [name, bytes] of Object.entries(FILES)) writeFileSync(join(folder, name), bytes);
  symlinkSync('/etc/passwd', join(folder, 'a/link'));
  const archive = join(folder, 'a.tgz');
  execFileSync('tar', ['-cz', ...options, '-f', archive, '-C', folder, 'a']);
  return archive;
}

function zipOf(): string {
  const archive = join(temporaryFolder(), 'a.whl');
  const entries = Object.entries(FILES).map(([name, bytes], i) => [name, [bytes, { level: i % 2 === 0 ? 0 : 6 }]]);
  writeFileSync(archive, zipSync(Object.fromEntries(entries) as never, { comment: 'a comment' }));
  return archive;
}

describe.each([
  ['tar.gz of GNU tar', () => tarOf('--format=gnu'), unpackTarGz],
  ['tar.gz of POSIX 2001', () => tarOf('--format=posix'), unpackTarGz],
  ['zip', zipOf, unpackZip],
])('an archive: %s', (_, archiveOf, unpack) => {
  it('gives the files that are wanted, byte by byte, and no link', async () => {
    const folder = temporaryFolder();
    const names = await unpack(archiveOf(), (name) => (name.endsWith('-1') ? null : join(folder, name.slice(2))));
    expect(names.sort()).toEqual(
      Object.keys(FILES)
        .filter((name) => name !== 'a/file-1')
        .sort(),
    );
    for (const name of names)
      expect(readFileSync(join(folder, name.slice(2))).equals(FILES[name] ?? Buffer.of(1))).toBe(true);
  });

  it('that is cut off is an error', async () => {
    const archive = archiveOf();
    const bytes = readFileSync(archive);
    writeFileSync(archive, bytes.subarray(0, bytes.length - 2000));
    const folder = temporaryFolder();
    await expect(unpack(archive, (name) => join(folder, name.slice(2)))).rejects.toThrow();
  });
});
