import { closeSync, existsSync, ftruncateSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MAX_FILE_BYTES, readTextFile } from '@shadow-gate/platform/files';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../../test/fixtures.ts';
import { itNeeds } from '../../../../test/needs.ts';
import type { TextFileKind } from '../../src/files/read-text-file.ts';

/** A file of zeros that takes no place on the disk. */
function fileOf(bytes: number): string {
  const file = join(temporaryFolder(), 'file.json');
  const handle = openSync(file, 'w');
  ftruncateSync(handle, bytes);
  closeSync(handle);
  return file;
}

describe('a text file', () => {
  it.each(Object.entries(MAX_FILE_BYTES))(
    'of the kind %s is refused beyond its limit, with both sizes',
    async (kind, limit) => {
      await expect(readTextFile(fileOf(limit + 1), kind as TextFileKind)).rejects.toThrow(
        limit < 2 ** 20
          ? new RegExp(`^/.*/file\\.json is too large: \\d+ KiB, and at most ${limit / 1024} KiB of it are read — `)
          : new RegExp(
              `^/.*/file\\.json is too large: \\d+\\.0 MiB, and at most ${limit / 2 ** 20} MiB of it are read — `,
            ),
      );
    },
  );

  it('of exactly the limit is read, and so are an empty one and one of several bytes a character', async () => {
    expect(await readTextFile(fileOf(MAX_FILE_BYTES.policy), 'policy')).toHaveLength(MAX_FILE_BYTES.policy);
    expect(await readTextFile(fileOf(0))).toBe('');
    const file = join(temporaryFolder(), 'a');
    writeFileSync(file, 'añ→😀');
    expect(await readTextFile(file)).toBe('añ→😀');
  });

  itNeeds(existsSync('/proc/self/status'), 'Linux')(
    'that has more than it says is refused, as a link into /proc would',
    async () => {
      await expect(readTextFile('/proc/self/status')).rejects.toThrow('/proc/self/status changed while it was read');
    },
  );
});
