import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type Answer, NOT_FOUND, refusal } from '../../github/fake/http.ts';

interface Blob {
  bytes: Buffer;
  type: string;
  readonly name: string;
  /** Staged until a block list combines them. */
  readonly blocks: Map<string, Buffer>;
  readonly signature: string;
}

/**
 * The part of Azure's block blobs that the toolkit uses: written whole or in blocks, read whole or in ranges, by signed
 * URLs.
 */
export class Blobs {
  readonly #blobs = new Map<string, Blob>();

  /** @param bytes empty if they are uploaded later */
  create(name: string, bytes: Buffer = Buffer.alloc(0), type = 'application/octet-stream'): string {
    const id = randomUUID();
    this.#blobs.set(id, { bytes, type, name, blocks: new Map(), signature: randomUUID() });
    return id;
  }

  bytesOf(id: string): Buffer {
    const blob = this.#blobs.get(id);
    if (!blob) throw new Error(`no blob ${id}`);
    return blob.bytes;
  }

  replace(id: string, bytes: Buffer): void {
    const blob = this.#blobs.get(id);
    if (!blob) throw new Error(`no blob ${id}`);
    blob.bytes = bytes;
  }

  /** The account comes first in the path: so Azure's client reads an address without a domain. */
  signedUrl(origin: string, id: string): string {
    return `${origin}/blobs/results/${id}?sig=${this.#blobs.get(id)?.signature}`;
  }

  answer(url: URL, request: IncomingMessage, bytes: Buffer): Answer {
    const blob = this.#blobs.get(url.pathname.split('/').at(-1) ?? '');
    if (!blob) return NOT_FOUND;
    if (url.searchParams.get('sig') !== blob.signature) return refusal(403, 'AuthenticationFailed');
    if (request.method === 'PUT') return put(blob, url, request, bytes);
    if (request.method === 'GET' || request.method === 'HEAD') return get(blob, request);
    return refusal(405, 'UnsupportedHttpVerb');
  }
}

function put(blob: Blob, url: URL, request: IncomingMessage, bytes: Buffer): Answer {
  const part = url.searchParams.get('comp');
  if (part === 'block') blob.blocks.set(url.searchParams.get('blockid') ?? '', bytes);
  else {
    blob.bytes = part === 'blocklist' ? joined(blob.blocks, bytes.toString('utf8')) : bytes;
    blob.type = String(request.headers['x-ms-blob-content-type'] ?? blob.type);
  }
  return { status: 201, headers: properties(blob) };
}

function joined(blocks: ReadonlyMap<string, Buffer>, xml: string): Buffer {
  const ids = [...xml.matchAll(/<(?:Latest|Uncommitted|Committed)>(.*?)</g)].map(([, id = '']) => id);
  return Buffer.concat(
    ids.map((id) => {
      const block = blocks.get(id);
      if (!block) throw new Error(`InvalidBlockList: ${id}`);
      return block;
    }),
  );
}

function get(blob: Blob, request: IncomingMessage): Answer {
  const { bytes, type, name } = blob;
  const headers = {
    ...properties(blob),
    'content-type': type,
    'content-disposition': `attachment; filename="${name}"`,
    'accept-ranges': 'bytes',
    'x-ms-blob-type': 'BlockBlob',
  };
  const range = /^bytes=(\d+)-(\d*)$/.exec(String(request.headers['x-ms-range'] ?? request.headers.range ?? ''));
  if (!range || bytes.length === 0) {
    const length = { 'content-length': String(bytes.length) };
    return { status: 200, ...(request.method === 'GET' ? { body: bytes } : {}), headers: { ...headers, ...length } };
  }
  const from = Number(range[1]);
  const to = Math.min(range[2] ? Number(range[2]) : bytes.length - 1, bytes.length - 1);
  if (from > to) return refusal(416, 'InvalidRange');
  return {
    status: 206,
    body: bytes.subarray(from, to + 1),
    headers: {
      ...headers,
      'content-length': String(to + 1 - from),
      'content-range': `bytes ${from}-${to}/${bytes.length}`,
    },
  };
}

function properties({ bytes }: Blob): Record<string, string> {
  return {
    etag: `"${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}"`,
    'last-modified': new Date().toUTCString(),
    'x-ms-request-id': randomUUID(),
    'x-ms-version': '2025-11-05',
  };
}
