import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chooseCheckpointFiles, HubRepository, parseHubPath } from '@shadow-gate/checkpoints/hub';
import { UserError } from '@shadow-gate/platform';
import { afterEach, describe, expect, it, vi } from 'vitest';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const COMMIT = '0'.repeat(40);

/** A hub that answers every request like this. @returns a repository on it, and the requests */
async function hubThat(
  answer: (response: ServerResponse, request: IncomingMessage, endpoint: string) => void,
  stallMilliseconds = 20_000,
) {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    answer(response, request, endpoint);
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const settings = { endpoint, token: 'hf_secret', cache: '/nowhere', stallMilliseconds, retryMilliseconds: 1 };
  const path = 'hf://org/model';
  return { repository: new HubRepository(path, parseHubPath(path), settings), seen, endpoint };
}

const errorOf = (work: Promise<unknown>) =>
  work.then(
    () => expect.fail('no error'),
    (error: unknown) => error,
  );

/** A body that never ends. */
function endless(response: ServerResponse): void {
  const write = () => {
    while (!response.destroyed && response.write(Buffer.alloc(64 * 1024, 'x')));
  };
  response.on('drain', write);
  write();
}

const FILE = { name: 'model.safetensors', size: 1000, oid: 'x', sha256: null };

describe('a hub that sends', () => {
  it('more than the listed size is cut', async () => {
    const { repository } = await hubThat((response) => {
      response.writeHead(206, { 'Content-Range': 'bytes 0-99/1000' });
      endless(response);
    });
    const error = await errorOf(repository.download(COMMIT, FILE, [0, 100]));
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toMatch(/^hf:\/\/org\/model cannot be used .* more than the 100 bytes that were/);
  });

  it('an answer about the model that never ends is cut', async () => {
    const { repository } = await hubThat((response) => endless(response));
    expect(await errorOf(repository.commit())).toMatchObject({
      message: expect.stringMatching(/more than the \d+ bytes/),
    });
  });

  it('nothing any more is given up, after some attempts', async () => {
    const { repository, seen } = await hubThat((response, request) => {
      // The first attempt gets no answer, the others a part of one.
      if (seen.length === 1) return;
      response.writeHead(206, { 'Content-Range': 'bytes 0-99/1000' }).write('x');
      request.resume();
    }, 100);
    const error = await errorOf(repository.download(COMMIT, FILE, [0, 100]));
    expect(error).toMatchObject({
      message: expect.stringMatching(/could not be read .* (nothing arrived for 1 s|the answer is too slow)/),
    });
    expect(seen.length).toBeGreaterThan(2);
  });

  it('an error leaves no timer behind that would keep the program running', async () => {
    const timers = vi.spyOn(globalThis, 'setTimeout');
    const { repository } = await hubThat((response) => void response.writeHead(404).end('{"error": "not found"}'));
    expect(await errorOf(repository.commit())).toBeInstanceOf(UserError);
    const started = timers.mock.results.map(({ value }) => value as NodeJS.Timeout);
    timers.mockRestore();
    expect(started.length).toBeGreaterThan(0);
    expect(started.filter((timer) => timer.hasRef())).toEqual([]);
  });

  it('pages without end is given up', async () => {
    const { repository, seen } = await hubThat((response, request, endpoint) => {
      const next = `<${endpoint}${request.url?.split('?')[0]}?cursor=${seen.length}>; rel="next"`;
      response.writeHead(200, { 'Content-Type': 'application/json', Link: next }).end('[]');
    });
    expect(await errorOf(repository.list(COMMIT))).toMatchObject({
      message: expect.stringContaining('the list of its files has more than 200 pages'),
    });
    expect(seen.length).toBe(200);
  });

  it('files without end is given up', async () => {
    const entries = Array.from({ length: 1000 }, (_, i) => ({ type: 'file', path: `${i}`, size: 1, oid: 'x' }));
    const { repository } = await hubThat((response, request, endpoint) => {
      const next = `<${endpoint}${request.url?.split('?')[0]}?cursor=${Math.random()}>; rel="next"`;
      response.writeHead(200, { 'Content-Type': 'application/json', Link: next }).end(JSON.stringify(entries));
    });
    expect(await errorOf(repository.list(COMMIT))).toMatchObject({
      message: expect.stringContaining('has more than 20000 entries'),
    });
  });

  it('the next page of its list to another host gets neither the token nor a request', async () => {
    const other = await hubThat((response) => response.writeHead(200).end('[]'));
    const { repository } = await hubThat((response) =>
      response.writeHead(200, { Link: `<${other.endpoint}/api/models>; rel="next"` }).end('[]'),
    );
    expect(await errorOf(repository.list(COMMIT))).toMatchObject({ message: expect.stringContaining('another host') });
    expect(other.seen).toEqual([]);
  });

  it('a redirect to another host gets no token there', async () => {
    const other = await hubThat((response) => response.writeHead(206, { 'Content-Range': 'bytes 0-0/1000' }).end('x'));
    const { repository, seen } = await hubThat((response) =>
      response.writeHead(302, { Location: other.endpoint }).end(),
    );
    expect((await repository.download(COMMIT, FILE, [0, 1])).bytes).toHaveLength(1);
    expect(seen[0]?.headers.authorization).toBe('Bearer hf_secret');
    expect(other.seen[0]?.headers.authorization).toBeUndefined();
  });

  it.each([
    '',
    'null',
    '{',
    '"text"',
    '[1,null]',
    '{"sha":7}',
    '[{"type":"file"}]',
    '[{"type":"file","path":"a","size":-1}]',
  ])('%j in place of an answer is one line', async (text) => {
    const { repository } = await hubThat((response) => response.writeHead(200).end(text));
    expect(
      await errorOf(
        repository
          .list(COMMIT)
          .then((list) => expect(list).toEqual([]))
          .then(() => repository.commit()),
      ),
    ).toBeInstanceOf(UserError);
  });

  it('too many configurations to download is refused', () => {
    const many = Array.from({ length: 20 }, (_, i) => ({ ...FILE, name: `${i}.json`, size: 100 * 1024 * 1024 }));
    expect(() => chooseCheckpointFiles([FILE, ...many], 'hf://org/model')).toThrow(
      /bytes of configurations and tokenizers — /,
    );
  });
});
