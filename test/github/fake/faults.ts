import type { ServerResponse } from 'node:http';

/**
 * GitHub fails on purpose: with a status, or by closing the connection: before it has done anything (`reset`), when it
 * has done what was asked (`lost`) or in the middle of its answer (`torn`); or it never answers (`hangs`), or never to the
 * end (`stalls`).
 */
export interface Fault {
  readonly request: RegExp;
  readonly status: number | 'reset' | 'lost' | 'torn' | 'hangs' | 'stalls';
  /** How often, till GitHub is well again; without it, for ever. */
  readonly times?: number;
  /** How often all goes well before. */
  readonly after?: number;
  readonly message?: string;
  readonly headers?: Record<string, string>;
}

/** Counts how often each fault has been met. */
export class Faults {
  readonly list: Fault[] = [];
  readonly #met = new Map<Fault, number>();

  /** The one that befalls this request, if any does. */
  for(line: string): Fault | undefined {
    const fault = this.list.find((candidate) => candidate.request.test(line));
    if (fault === undefined) return undefined;
    const met = (this.#met.get(fault) ?? 0) + 1;
    this.#met.set(fault, met);
    const { after = 0, times = Number.POSITIVE_INFINITY } = fault;
    // One that is over makes room for the next.
    if (met === after + times) this.list.splice(this.list.indexOf(fault), 1);
    return met > after ? fault : undefined;
  }
}

/** What is answered from now on does not arrive whole. */
export function breakOff(response: ServerResponse, how: 'lost' | 'torn' | 'stalls'): void {
  const { socket } = response;
  response.end = () => {
    if (how === 'lost') socket?.destroy();
    else response.write('{"message": "half of', () => how === 'torn' && socket?.destroy());
    return response;
  };
}
