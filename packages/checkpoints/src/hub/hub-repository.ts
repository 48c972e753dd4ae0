import { datasetInfo, downloadFile, listFiles, modelInfo } from '@huggingface/hub';
import { UserError } from '@shadow-gate/platform';
import { z } from 'zod';
import { TransientError } from './bounded-response.ts';
import type { ListedFile } from './checkpoint-files.ts';
import { HubClient } from './hub-fetch.ts';
import type { HubPath } from './hub-path.ts';
import type { HubSettings } from './hub-settings.ts';
import type { FilePiece } from './partial-file.ts';
import type { ByteRange } from './ranges.ts';

export const COMMIT = /^[0-9a-f]{40}$/;

/** A page of a listing has a thousand entries of some 300 bytes. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
/** The largest model repositories have some thousand files in a folder. */
const MAX_LISTED = 20_000;
/** Pages can be empty. */
const MAX_PAGES = 200;

const fileSchema = z.object({
  path: z.string(),
  size: z.int().nonnegative(),
  oid: z.string().nullish(),
  lfs: z.object({ oid: z.string().nullish() }).nullish(),
});

interface HubTarget extends HubPath {
  readonly type?: 'model' | 'dataset';
}

export interface HubFolder {
  readonly files: readonly ListedFile[];
  readonly folders: readonly string[];
}

/** A folder of a repository on a hub. Every function throws UserErrors with a hint. */
export class HubRepository {
  readonly #path: string;
  readonly #target: HubTarget;
  readonly #endpoint: string;
  /** Its path on the hub: `org/model`, or `datasets/org/name`. */
  readonly #page: string;
  readonly #client: HubClient;

  constructor(path: string, target: HubTarget, settings: HubSettings) {
    this.#path = path;
    this.#target = target;
    this.#endpoint = settings.endpoint;
    this.#page = target.type === 'dataset' ? `datasets/${target.repository}` : target.repository;
    this.#client = new HubClient(settings, this.#page, path);
  }

  get #repo(): { readonly type: 'model' | 'dataset'; readonly name: string } {
    return { type: this.#target.type ?? 'model', name: this.#target.repository };
  }

  async commit(): Promise<string> {
    const { repository, revision, type } = this.#target;
    if (revision !== null && COMMIT.test(revision)) return revision;
    const fetch = this.#client.fetchUpTo(MAX_ANSWER_BYTES);
    const hubUrl = this.#endpoint;
    const named = { name: repository, revision: revision ?? 'main', additionalFields: ['sha'] as ['sha'] };
    const { sha } = await this.#client.retry((): Promise<{ readonly sha?: string }> => {
      return type === 'dataset' ? datasetInfo({ ...named, hubUrl, fetch }) : modelInfo({ ...named, hubUrl, fetch });
    });
    if (typeof sha === 'string' && COMMIT.test(sha)) return sha;
    throw new UserError(`${this.#path}: the hub returned no commit`, 'check HF_ENDPOINT');
  }

  async list(commit: string): Promise<readonly ListedFile[]> {
    return (await this.open(commit)).files;
  }

  /** @throws MissingOnHub if the folder does not exist */
  open(commit: string): Promise<HubFolder> {
    const { folder } = this.#target;
    const hubUrl = this.#endpoint;
    const limited = this.#client.fetchUpTo(MAX_ANSWER_BYTES);
    return this.#client.retry(async () => {
      const files: ListedFile[] = [];
      const folders: string[] = [];
      let [entries, pages] = [0, 0];
      const fetch: typeof globalThis.fetch = (input, init) => {
        pages += 1;
        const url = input instanceof Request ? input.url : String(input);
        if (pages > MAX_PAGES) throw this.#unusableList(`has more than ${MAX_PAGES} pages`);
        if (!this.#client.isOwn(url)) throw this.#unusableList('goes on at another host');
        return limited(input, init);
      };
      const path = folder === '' ? {} : { path: folder };
      for await (const entry of listFiles({ repo: this.#repo, revision: commit, ...path, hubUrl, fetch })) {
        entries += 1;
        if (entries > MAX_LISTED) throw this.#unusableList(`has more than ${MAX_LISTED} entries`);
        if (entry.type === 'directory') folders.push(entry.path.slice(folder === '' ? 0 : folder.length + 1));
        if (entry.type !== 'file') continue;
        const file = fileSchema.safeParse(entry);
        if (!file.success) throw this.#unusableList('has a file without a valid name, size or digest');
        const { path: full, size, oid, lfs } = file.data;
        const name = folder === '' ? full : full.slice(folder.length + 1);
        files.push({ name, size, oid: oid ?? '', sha256: lfs?.oid ?? null });
      }
      return { files, folders };
    });
  }

  #unusableList(what: string): UserError {
    const hint =
      this.#target.type === 'dataset' ? 'download it, and give its files' : 'give a folder with one checkpoint';
    return new UserError(`${this.#path}: the list of its files ${what}`, hint);
  }

  /** Download a range of bytes with one request, with retries. */
  async download(commit: string, file: ListedFile, [begin, end]: ByteRange): Promise<FilePiece> {
    if (begin === end) return { bytes: new Uint8Array(), etag: null };
    const { folder } = this.#target;
    const inRepository = folder === '' ? file.name : `${folder}/${file.name}`;
    const url = `${this.#endpoint}/${this.#page}/resolve/${commit}/${inRepository}`;
    const limited = this.#client.fetchUpTo(end - begin);
    return this.#client.retry(async () => {
      let etag: string | null = null;
      const fetch: typeof globalThis.fetch = async (input, init) => {
        const response = await limited(input, init);
        const sent = response.headers.get('ETag');
        // A weak ETag does not guarantee the same bytes.
        etag = sent?.startsWith('W/') ? null : sent;
        await this.#expectRange(response, file, [begin, end]);
        return response;
      };
      const downloadInfo = { size: file.size, etag: file.oid, url };
      // The plain protocol, which mirrors support too: one request per range.
      const blob = await downloadFile({
        repo: this.#repo,
        path: inRepository,
        revision: commit,
        hubUrl: this.#endpoint,
        xet: false,
        downloadInfo,
        fetch,
      });
      const bytes = new Uint8Array((await blob?.slice(begin, end).arrayBuffer()) ?? []);
      if (bytes.byteLength !== end - begin) {
        throw new TransientError(`${file.name} arrived with ${bytes.byteLength} bytes instead of ${end - begin}`);
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
