import type { ServerResponse } from 'node:http';

/**
 * A failure on purpose: an answer with an error status, or a connection that is closed before the request is carried
 * out (`reset`), after that (`lost`) or in the middle of the answer (`torn`), an answer that never starts (`hangs`) or
 * never ends (`stalls`), or one that a proxy ends too early as if it were whole: `short` by half, or `empty`.
 */
export interface Fault {
  readonly request: RegExp;
  readonly status: number | 'reset' | 'lost' | 'torn' | 'hangs' | 'stalls' | 'short' | 'empty';
  /** How often it happens; by default always. */
  readonly times?: number;
  /** How many requests succeed before. */
  readonly after?: number;
  readonly message?: string;
  readonly headers?: Record<string, string>;
}

/** Counts how often each fault has happened. */
export class Faults {
  readonly list: Fault[] = [];
  readonly #met = new Map<Fault, number>();

  /** The fault of a request, if it has one. */
  for(line: string): Fault | undefined {
    const fault = this.list.find((candidate) => candidate.request.test(line));
    if (fault === undefined) return undefined;
    const met = (this.#met.get(fault) ?? 0) + 1;
    this.#met.set(fault, met);
    const { after = 0, times = Number.POSITIVE_INFINITY } = fault;
    // A fault that is over is removed.
    if (met === after + times) this.list.splice(this.list.indexOf(fault), 1);
    return met > after ? fault : undefined;
  }
}

/** Breaks off the answer that is written next. */
export function breakOff(response: ServerResponse, how: 'lost' | 'torn' | 'stalls' | 'short' | 'empty'): void {
  const { socket } = response;
  if (how === 'short' || how === 'empty') {
    const end = response.end.bind(response) as (body: string) => ServerResponse;
    const cut = (body = '') => end(how === 'empty' ? '' : String(body).slice(0, String(body).length / 2));
    response.end = cut as ServerResponse['end'];
    return;
  }
  response.end = () => {
    if (how === 'lost') socket?.destroy();
    else response.write('{"message": "half of', () => how === 'torn' && socket?.destroy());
    return response;
  };
}
