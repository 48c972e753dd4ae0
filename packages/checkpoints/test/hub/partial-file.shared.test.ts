import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeError, UserError } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../../test/fixtures.ts';
import { explainFull, type FilePiece, PartialFile } from '../../src/hub/partial-file.ts';
import type { ByteRange } from '../../src/hub/ranges.ts';

const content = randomBytes(1000);
const sha256 = createHash('sha256').update(content).digest('hex');

function partialFile(folder: string, { etag = 'a', data = content }: { etag?: string | null; data?: Buffer } = {}) {
  const requested: ByteRange[] = [];
  const download = async ([begin, end]: ByteRange): Promise<FilePiece> => {
    requested.push([begin, end]);
    return { bytes: data.subarray(begin, end), etag };
  };
  const path = join(folder, 'files', 'w');
  const journal = join(folder, 'ranges', 'w.json');
  const file = new PartialFile({ path, journal, size: content.length, sha256, name: 'w', download });
  return { file, requested, path, journal };
}

describe('PartialFile', () => {
  it('downloads only missing ranges, also if another object has downloaded the others', async () => {
    const folder = temporaryFolder();
    const first = partialFile(folder);
    await first.file.fetch([[0, 10]]);
    const second = partialFile(folder);
    await second.file.fetch([
      [5, 20],
      [900, 1000],
    ]);
    expect(second.requested).toEqual([
      [10, 20],
      [900, 1000],
    ]);
    // The first one was opened before these arrived.
    expect(await first.file.missingBytes([[0, 30]])).toBe(10);
    await first.file.fetch([[0, 1000]]);
    expect(first.requested.slice(1)).toEqual([[20, 900]]);
    expect(readFileSync(first.path).equals(content)).toBe(true);
  });

  it('is complete if two objects download it at the same time', async () => {
    for (let round = 0; round < 20; round += 1) {
      const folder = temporaryFolder();
      const [first, second] = [partialFile(folder), partialFile(folder)];
      await Promise.all([first.file.fetch([[0, 600]]), second.file.fetch([[300, 1000]])]);
      await first.file.fetch([[0, 1000]]);
      expect(readFileSync(first.path).equals(content)).toBe(true);
    }
  });

  it.each([
    ['is damaged', '{"size": 1000, "etag": null, "ranges": [[0, 10'],
    ['has another size', '{"size": 999, "etag": null, "ranges": [[0, 999]], "verified": true}'],
    ['is not a journal', '[]'],
  ])('downloads everything anew if its journal %s', async (_, text) => {
    const folder = temporaryFolder();
    const before = partialFile(folder);
    await before.file.fetch([[0, 10]]);
    writeFileSync(before.journal, text);
    const { file, requested } = partialFile(folder);
    await file.fetch([[0, 10]]);
    expect(requested).toEqual([[0, 10]]);
  });

  it('does not mix two versions: another ETag is an error, and the next download starts anew', async () => {
    const folder = temporaryFolder();
    await partialFile(folder).file.fetch([[0, 10]]);
    await expect(partialFile(folder, { etag: 'b' }).file.fetch([[10, 20]])).rejects.toThrow(/w has changed/);
    const { file, requested } = partialFile(folder, { etag: 'b' });
    await file.fetch([[0, 20]]);
    expect(requested).toEqual([[0, 20]]);
  });

  it('verifies the digest of a complete file once', async () => {
    const folder = temporaryFolder();
    const data = Buffer.from(content).fill(0, 500, 501);
    await expect(partialFile(folder, { data }).file.fetch([[0, 1000]])).rejects.toThrow(/w arrived damaged/);
    await partialFile(folder).file.fetch([[0, 1000]]);
    expect(JSON.parse(readFileSync(join(folder, 'ranges', 'w.json'), 'utf8'))).toMatchObject({ verified: true });
  });

  it('keeps the bytes that have arrived if one request fails', async () => {
    const folder = temporaryFolder();
    const { path, journal } = partialFile(folder);
    const download = async ([begin, end]: ByteRange) => {
      if (begin >= 500) throw new UserError('no', 'more');
      return { bytes: content.subarray(begin, end), etag: null };
    };
    const file = new PartialFile({ path, journal, size: 1000, sha256, name: 'w', download });
    const ranges: ByteRange[] = [
      [0, 10],
      [500, 510],
    ];
    await expect(file.fetch(ranges)).rejects.toThrow('no — more');
    const next = partialFile(folder);
    await next.file.fetch(ranges);
    expect(next.requested).toEqual([[500, 510]]);
  });
});

it('explains a full disk with a hint, and passes other errors on', () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' });
  expect(describeError(explainFull(full, '/cache/w'))).toEqual({
    kind: 'error',
    message: expect.stringMatching(
      /^the disk is full: \/cache\/w cannot be written — free some space .*SHADOW_GATE_CACHE/,
    ),
  });
  const other = new Error('EIO');
  expect(explainFull(other, '/cache/w')).toBe(other);
});
