import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { explainFull, PartialFile, type Piece } from '../../src/hub/partial-file.ts';
import type { ByteRange } from '../../src/hub/ranges.ts';
import { describeError, UserError } from '../../src/platform/user-error.ts';
import { temporaryFolder } from '../fixtures.ts';

const content = randomBytes(1000);
const sha256 = createHash('sha256').update(content).digest('hex');

function partialFile(folder: string, { etag = 'a', data = content }: { etag?: string | null; data?: Buffer } = {}) {
  const asked: ByteRange[] = [];
  const download = async ([begin, end]: ByteRange): Promise<Piece> => {
    asked.push([begin, end]);
    return { bytes: data.subarray(begin, end), etag };
  };
  const path = join(folder, 'files', 'w');
  const journal = join(folder, 'ranges', 'w.json');
  const file = new PartialFile({ path, journal, size: content.length, sha256, name: 'w', download });
  return { file, asked, path, journal };
}

describe('a file of which a part is there', () => {
  it('asks for what is missing only, also where another object has kept the rest', async () => {
    const folder = temporaryFolder();
    const first = partialFile(folder);
    await first.file.fetch([[0, 10]]);
    const second = partialFile(folder);
    await second.file.fetch([
      [5, 20],
      [900, 1000],
    ]);
    expect(second.asked).toEqual([
      [10, 20],
      [900, 1000],
    ]);
    // The first one was opened before these arrived.
    expect(await first.file.lacking([[0, 30]])).toBe(10);
    await first.file.fetch([[0, 1000]]);
    expect(first.asked.slice(1)).toEqual([[20, 900]]);
    expect(readFileSync(first.path).equals(content)).toBe(true);
  });

  it('is whole in the end where two write it at once from the start', async () => {
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
    ['is of another size', '{"size": 999, "etag": null, "ranges": [[0, 999]], "verified": true}'],
    ['is something else', '[]'],
  ])('is downloaded anew where its journal %s', async (_, text) => {
    const folder = temporaryFolder();
    const before = partialFile(folder);
    await before.file.fetch([[0, 10]]);
    writeFileSync(before.journal, text);
    const { file, asked } = partialFile(folder);
    await file.fetch([[0, 10]]);
    expect(asked).toEqual([[0, 10]]);
  });

  it('is no mixture of two: another tag of the server ends it, and the next one starts anew', async () => {
    const folder = temporaryFolder();
    await partialFile(folder).file.fetch([[0, 10]]);
    await expect(partialFile(folder, { etag: 'b' }).file.fetch([[10, 20]])).rejects.toThrow(/w has changed/);
    const { file, asked } = partialFile(folder, { etag: 'b' });
    await file.fetch([[0, 20]]);
    expect(asked).toEqual([[0, 20]]);
  });

  it('that is whole is the right one, once and for all', async () => {
    const folder = temporaryFolder();
    const data = Buffer.from(content).fill(0, 500, 501);
    await expect(partialFile(folder, { data }).file.fetch([[0, 1000]])).rejects.toThrow(/w arrived damaged/);
    await partialFile(folder).file.fetch([[0, 1000]]);
    expect(JSON.parse(readFileSync(join(folder, 'ranges', 'w.json'), 'utf8'))).toMatchObject({ verified: true });
  });

  it('keeps what has arrived where one request fails', async () => {
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
    expect(next.asked).toEqual([[500, 510]]);
  });
});

it('a full disk is said with its mend, and another failure as it is', () => {
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
