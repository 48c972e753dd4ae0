import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { breakOff, type Fault, Faults } from './faults.ts';
import { type Answer, bytesOf, refusal, reply } from './http.ts';

export interface Received {
  /** `PATCH /repos/o/r/issues/comments/1` */
  readonly line: string;
  readonly url: URL;
  readonly request: IncomingMessage;
  readonly bytes: Buffer;
}

/** A server on this machine that records its requests, and fails where a test wants it to. */
export abstract class FakeServer {
  /** The requests so far. */
  readonly requests: string[] = [];
  /** Called with each request before it is answered: what happens at the same time. */
  onRequest: (line: string) => void = () => {};
  readonly #faults = new Faults();
  #server: Server = createServer();
  #isShared = false;
  readonly #listener = (request: IncomingMessage, response: ServerResponse): void => {
    this.#receive(request, response).catch((error: Error) => reply(response, refusal(500, String(error.stack))));
  };

  /** What goes wrong; the first that matches a request counts. */
  get faults(): Fault[] {
    return this.#faults.list;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** @param shared a server that listens already, for one fake after another at the same address */
  async start(shared?: Server): Promise<this> {
    if (shared) this.#server = shared;
    this.#isShared = shared !== undefined;
    this.#server.on('request', this.#listener);
    if (!shared) await listen(this.#server);
    return this;
  }

  async stop(): Promise<void> {
    this.#server.off('request', this.#listener);
    this.#server.closeAllConnections();
    if (!this.#isShared) await new Promise((resolve) => this.#server.close(resolve));
  }

  protected abstract answer(received: Received): Answer;

  /** The refusal of an invalid request, also if there is a fault. */
  protected check(_received: Received): Answer | null {
    return null;
  }

  /** The body of an error, in this service's format. */
  protected failure({ message = 'fault' }: Fault): unknown {
    return { message };
  }

  /** A path without the parts that do not matter. */
  protected pathOf(pathname: string): string {
    return pathname;
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', this.url);
    const line = `${request.method} ${this.pathOf(url.pathname)}`;
    this.requests.push(line);
    this.onRequest(line);
    const received = { line, url, request, bytes: await bytesOf(request) };
    const refused = this.check(received);
    const fault = this.#faults.for(line);
    if (fault?.status === 'hangs') return;
    if (fault?.status === 'reset') request.socket.destroy();
    else if (typeof fault?.status === 'number') {
      const { status, headers = {} } = fault;
      reply(response, { status, body: this.failure(fault), headers });
    } else {
      if (fault) breakOff(response, fault.status);
      reply(response, refused ?? this.answer(received));
    }
  }
}

/** Listen on a free port of this machine. */
export async function listen(server: Server): Promise<Server> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
