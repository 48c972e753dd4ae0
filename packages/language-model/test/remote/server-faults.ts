import type { ServerResponse } from 'node:http';

/** The failure of one request: a status with body and headers, or a broken connection. */
export type Fault =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  | 'reset'
  | 'reset in the body'
  | 'web page'
  | 'another shape'
  | 'silence';

export function injectFault(response: ServerResponse, fault: Fault): void {
  if (fault === 'silence') return;
  if (fault === 'reset') {
    response.destroy();
  } else if (fault === 'reset in the body') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 });
    response.write('{"choices":', () => response.destroy());
  } else if (fault === 'web page') {
    response.end('<html>\n<h1>Welcome</h1>');
  } else if (fault === 'another shape') {
    reply(response, 200, { choices: 'none' });
  } else {
    response.writeHead(fault.status, fault.headers);
    response.end(typeof fault.body === 'string' ? fault.body : JSON.stringify(fault.body ?? {}));
  }
}

export function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
