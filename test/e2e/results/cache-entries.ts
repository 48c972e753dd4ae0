import { z } from 'zod';
import type { Answer } from '../../github/fake/http.ts';
import type { Blobs } from './blobs.ts';
import type { RunToken } from './run-token.ts';
import { ok, twirpError } from './twirp.ts';

interface CacheEntry {
  readonly id: number;
  readonly ref: string;
  readonly key: string;
  /** A digest of the cached paths and of how they are compressed. */
  readonly version: string;
  readonly blob: string;
  readonly createdAt: string;
  lastAccessedAt: string;
  /** False during the upload: its key is taken, and nobody gets it yet. */
  complete: boolean;
}

const requestSchema = z.object({ key: z.string().min(1), version: z.string().min(1) });
const lookupSchema = requestSchema.extend({ restore_keys: z.array(z.string()).default([]) });

/**
 * The cache of a repository. An entry belongs to the ref that saved it, and never changes. A run saves under its own
 * ref, and restores from that and from the refs that its token names, so that a pull request cannot write what main
 * reads.
 */
export class CacheEntries {
  readonly all: CacheEntry[] = [];
  readonly #blobs: Blobs;
  #nextId = 1;

  constructor(blobs: Blobs) {
    this.#blobs = blobs;
  }

  /** Add an entry that no run of ours has saved, such as a forged one in a readable ref. */
  put(entry: { ref: string; key: string; version: string; bytes: Buffer }): CacheEntry {
    const added = this.#reserve(entry.ref, entry.key, entry.version, entry.bytes);
    added.complete = true;
    return added;
  }

  /** The entries under a key, of any ref and version, newest first. */
  find(key: string): CacheEntry[] {
    return this.all.filter((entry) => entry.key === key).reverse();
  }

  bytesOf({ blob }: CacheEntry): Buffer {
    return this.#blobs.bytesOf(blob);
  }

  /** Replace the bytes under a key. */
  poison({ blob }: CacheEntry, bytes: Buffer): void {
    this.#blobs.replace(blob, bytes);
  }

  /** `CacheService/*`, as in actions/toolkit, packages/cache/src/generated/results/api/v1/cache.ts. */
  answer(method: string, token: RunToken, json: unknown, origin: string): Answer | null {
    if (method === 'CreateCacheEntry') return this.#create(token, requestSchema.parse(json), origin);
    if (method === 'FinalizeCacheEntryUpload') return this.#finalize(token, requestSchema.parse(json));
    if (method === 'GetCacheEntryDownloadURL') return this.#lookUp(token, lookupSchema.parse(json), origin);
    return null;
  }

  #create(token: RunToken, { key, version }: z.infer<typeof requestSchema>, origin: string): Answer {
    const ref = token.scopes.find(({ mayWrite }) => mayWrite)?.ref;
    // The toolkit recognizes it by the beginning of the message, not by a status.
    if (ref === undefined) return ok({ ok: false, message: 'cache write denied: token has no writable scopes' });
    if (this.#at(ref, key, version)) {
      return twirpError(409, 'already_exists', 'cache entry with the same key, version, and scope already exists');
    }
    const { blob } = this.#reserve(ref, key, version);
    return ok({ ok: true, signed_upload_url: this.#blobs.signedUrl(origin, blob) });
  }

  #finalize(token: RunToken, { key, version }: z.infer<typeof requestSchema>): Answer {
    const ref = token.scopes.find(({ mayWrite }) => mayWrite)?.ref ?? '';
    const entry = this.#at(ref, key, version);
    if (!entry) return twirpError(404, 'not_found', 'cache entry not found');
    entry.complete = true;
    return ok({ ok: true, entry_id: String(entry.id) });
  }

  /**
   * In each scope, the key itself comes first, then keys that begin with it, then those that begin with each of the
   * others, newest first: a key is a prefix as well (docs.github.com, "Cache key matching").
   */
  #lookUp(token: RunToken, { key, restore_keys, version }: z.infer<typeof lookupSchema>, origin: string): Answer {
    const readable = token.scopes.filter(({ mayRead }) => mayRead);
    if (readable.length === 0) {
      return twirpError(403, 'permission_denied', 'cache read denied: token has no readable scopes');
    }
    for (const { ref } of readable) {
      const mine = this.all
        .filter((entry) => entry.ref === ref && entry.version === version && entry.complete)
        .reverse();
      const found =
        mine.find((entry) => entry.key === key) ??
        [key, ...restore_keys]
          .map((prefix) => mine.find((entry) => entry.key.startsWith(prefix)))
          .find((entry) => entry !== undefined);
      if (found === undefined) continue;
      found.lastAccessedAt = new Date().toISOString();
      const signed_download_url = this.#blobs.signedUrl(origin, found.blob);
      return ok({ ok: true, signed_download_url, matched_key: found.key });
    }
    return ok({ ok: false });
  }

  #at(ref: string, key: string, version: string): CacheEntry | undefined {
    return this.all.find((entry) => entry.ref === ref && entry.key === key && entry.version === version);
  }

  #reserve(ref: string, key: string, version: string, bytes?: Buffer): CacheEntry {
    const now = new Date().toISOString();
    const blob = this.#blobs.create('cache', bytes);
    const id = this.#nextId++;
    const entry = { id, ref, key, version, blob, createdAt: now, lastAccessedAt: now, complete: false };
    this.all.push(entry);
    return entry;
  }
}
