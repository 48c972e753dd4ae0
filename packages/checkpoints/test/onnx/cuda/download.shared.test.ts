import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../../../test/fixtures.ts';
import { downloadPinned } from '../../../src/onnx/cuda/download.ts';

const CONTENT = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 7) % 251));
const DIGEST = createHash('sha256').update(CONTENT).digest('hex');

/** Answers of the server, one a request; afterwards it sends what is asked for. */
let answers: ((request: IncomingMessage, response: ServerResponse) => void)[] = [];
let ranges: (string | undefined)[] = [];

const server = createServer((request, response) => {
  ranges.push(request.headers.range);
  (answers.shift() ?? sendRest)(request, response);
});

function sendRest({ headers }: IncomingMessage, response: ServerResponse): void {
  const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
  if (from > 0 && from >= CONTENT.length) response.writeHead(416).end();
  else if (from > 0) {
    response.writeHead(206, { 'Content-Range': `bytes ${from}-${CONTENT.length - 1}/${CONTENT.length}` });
    response.end(CONTENT.subarray(from));
  } else response.writeHead(200).end(CONTENT);
}

/** Announce all of it, send some, and break the connection. */
const breakAfter =
  (count: number) =>
  (_: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(200, { 'Content-Length': CONTENT.length });
    response.write(CONTENT.subarray(0, count), () => setTimeout(() => response.destroy(), 50));
  };

const status =
  (code: number) =>
  (_: IncomingMessage, response: ServerResponse): void =>
    void response.writeHead(code).end('no');

let url = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/file.tgz`;
});
afterAll(() => void server.close());
beforeEach(() => {
  answers = [];
  ranges = [];
});

const download = (path: string, sha256 = DIGEST, more = {}) =>
  downloadPinned({ url, sha256 }, path, { fetch, retryMilliseconds: 1, ...more });

describe('a pinned download', () => {
  it('continues after a connection that broke and a server that was busy, and is done once', async () => {
    const path = join(temporaryFolder(), 'new/file.tgz');
    answers = [breakAfter(70_000), status(503)];
    expect(await download(path)).toBe(CONTENT.length);
    expect(readFileSync(path).equals(CONTENT)).toBe(true);
    expect(ranges).toEqual([undefined, 'bytes=70000-', 'bytes=70000-']);
    expect(await download(path)).toBe(0);
    expect(ranges).toHaveLength(3);
  });

  it('continues what an earlier run left, also all of it, and starts again if the server does not continue', async () => {
    const path = join(temporaryFolder(), 'file.tgz');
    writeFileSync(`${path}.part`, CONTENT);
    expect(await download(path)).toBe(0);
    const other = join(temporaryFolder(), 'file.tgz');
    writeFileSync(`${other}.part`, CONTENT.subarray(0, 1000));
    answers = [(_, response) => void response.writeHead(200).end(CONTENT)];
    await download(other);
    expect(readFileSync(other).equals(CONTENT)).toBe(true);
  });

  it('leaves the part of another process alone, unless that process is gone', async () => {
    const path = join(temporaryFolder(), 'file.tgz');
    writeFileSync(`${path}.part`, CONTENT.subarray(0, 1000));
    // The parent of this process runs as long as this one.
    writeFileSync(`${path}.part.lock`, String(process.ppid));
    await download(path);
    expect(ranges).toEqual([undefined]);
    expect(readFileSync(path).equals(CONTENT)).toBe(true);
    expect(readFileSync(`${path}.part`)).toHaveLength(1000);

    const later = join(temporaryFolder(), 'file.tgz');
    writeFileSync(`${later}.part`, CONTENT.subarray(0, 1000));
    writeFileSync(`${later}.part.lock`, '4194304');
    await download(later);
    expect(ranges).toEqual([undefined, 'bytes=1000-']);
    expect(readdirSync(dirname(later))).toEqual(['file.tgz']);
  });

  it('with another digest leaves nothing behind, so that the next run starts anew', async () => {
    const path = join(temporaryFolder(), 'file.tgz');
    await expect(download(path, '0'.repeat(64))).rejects.toThrow(
      `has the SHA-256 ${DIGEST} and not ${'0'.repeat(64)}, so it is not used — run again`,
    );
    expect([existsSync(path), existsSync(`${path}.part`)]).toEqual([false, false]);
  });

  it('replaces a file at its path that is another one', async () => {
    const path = join(temporaryFolder(), 'file.tgz');
    writeFileSync(path, 'cut off');
    await download(path);
    expect(readFileSync(path).equals(CONTENT)).toBe(true);
  });

  it('is refused, unreachable or stalled in one line', async () => {
    const path = join(temporaryFolder(), 'file.tgz');
    answers = [status(403)];
    await expect(download(path)).rejects.toThrow(`${url} was refused with status 403 — check the proxy`);
    answers = Array.from({ length: 5 }, () => status(503));
    await expect(download(path)).rejects.toThrow(`${url} could not be downloaded: status 503 — check the network`);
    answers = Array.from({ length: 5 }, () => () => {});
    await expect(download(path, DIGEST, { stallMilliseconds: 30 })).rejects.toThrow(
      'could not be downloaded: nothing arrived for some time',
    );
  });
});
