import { downloadFile, listFiles, modelInfo } from '@huggingface/hub';
import { UserError } from '../platform/user-error.ts';
import type { ListedFile } from './checkpoint-files.ts';
import { HubClient, transientError } from './hub-fetch.ts';
import type { HubPath } from './hub-path.ts';
import type { HubSettings } from './hub-settings.ts';
import type { Piece } from './partial-file.ts';
import type { ByteRange } from './ranges.ts';

const COMMIT = /^[0-9a-f]{40}$/;

/** A folder of a repository on a hub. Every function throws UserErrors with a hint. */
export class HubRepository {
  readonly #path: string;
  readonly #target: HubPath;
  readonly #endpoint: string;
  readonly #client: HubClient;

  /** @param path as the user wrote it: errors name it */
  constructor(path: string, target: HubPath, settings: HubSettings) {
    this.#path = path;
    this.#target = target;
    this.#endpoint = settings.endpoint;
    this.#client = new HubClient(settings, target.repository, path);
  }

  /** The commit of the revision, which, unlike a branch, does not move. */
  async commit(): Promise<string> {
    const { repository, revision } = this.#target;
    if (revision !== null && COMMIT.test(revision)) return revision;
    const { fetch } = this.#client;
    const hubUrl = this.#endpoint;
    const named = { name: repository, revision: revision ?? 'main', additionalFields: ['sha'] as ['sha'] };
    const { sha } = await this.#client.retry(() => modelInfo({ ...named, hubUrl, fetch }));
    if (typeof sha === 'string' && COMMIT.test(sha)) return sha;
    throw new UserError(`${this.#path}: the hub returned no commit`, 'check HF_ENDPOINT');
  }

  /** The files in the folder. */
  list(commit: string): Promise<ListedFile[]> {
    const { repository, folder } = this.#target;
    const hubUrl = this.#endpoint;
    const { fetch } = this.#client;
    return this.#client.retry(async () => {
      const found: ListedFile[] = [];
      const path = folder === '' ? {} : { path: folder };
      for await (const entry of listFiles({ repo: repository, revision: commit, ...path, hubUrl, fetch })) {
        const name = folder === '' ? entry.path : entry.path.slice(folder.length + 1);
        if (entry.type !== 'file') continue;
        found.push({ name, size: entry.size, oid: entry.oid ?? '', sha256: entry.lfs?.oid ?? null });
      }
      return found;
    });
  }

  /** Download a range of bytes with one request, with retries. */
  async download(commit: string, file: ListedFile, [begin, end]: ByteRange): Promise<Piece> {
    if (begin === end) return { bytes: new Uint8Array(), etag: null };
    const { repository, folder } = this.#target;
    const inRepository = folder === '' ? file.name : `${folder}/${file.name}`;
    const url = `${this.#endpoint}/${repository}/resolve/${commit}/${inRepository}`;
    return this.#client.retry(async () => {
      let etag: string | null = null;
      const fetch: typeof globalThis.fetch = async (input, init) => {
        const response = await this.#client.fetch(input, init);
        etag = strong(response.headers.get('ETag'));
        await this.#expectRange(response, file, [begin, end]);
        return response;
      };
      const downloadInfo = { size: file.size, etag: file.oid, url };
      // The plain protocol, which mirrors support too: one request per range.
      const blob = await downloadFile({
        repo: repository,
        path: inRepository,
        revision: commit,
        hubUrl: this.#endpoint,
        xet: false,
        downloadInfo,
        fetch,
      });
      const bytes = new Uint8Array((await blob?.slice(begin, end).arrayBuffer()) ?? []);
      if (bytes.byteLength !== end - begin) {
        throw transientError(`${file.name} arrived with ${bytes.byteLength} bytes instead of ${end - begin}`);
      }
      return { bytes, etag };
    });
  }

  async #expectRange({ status, headers, body }: Response, file: ListedFile, [begin, end]: ByteRange): Promise<void> {
    const whole = end - begin === file.size;
    const size = /\/(\d+)$/.exec(headers.get('Content-Range') ?? '')?.[1];
    if (status === 206 ? size === undefined || Number(size) === file.size : whole) return;
    await body?.cancel();
    const what =
      status === 206
        ? `${file.name} has ${size} bytes instead of the ${file.size} of the commit`
        : 'the hub does not support range requests';
    throw new UserError(`${this.#path}: ${what}`, 'check HF_ENDPOINT');
  }
}

/** A weak ETag does not guarantee the same bytes. */
function strong(etag: string | null): string | null {
  return etag === null || etag.startsWith('W/') ? null : etag;
}
