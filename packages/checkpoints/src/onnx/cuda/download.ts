import { createReadStream } from 'node:fs';
import { open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '@shadow-gate/platform';
import { makeFolder, sha256Stream } from '@shadow-gate/platform/files';

export interface PinnedFile {
  readonly url: string;
  /** 64 hexadecimal digits. */
  readonly sha256: string;
}

interface DownloadSettings {
  readonly fetch: typeof fetch;
  /** Time before the second attempt; it doubles each time. */
  readonly retryMilliseconds?: number;
  /** Longest time without a byte. */
  readonly stallMilliseconds?: number;
}

const ATTEMPTS = 5;

/**
 * Download a file to a path, unless it is there. Earlier attempts are continued, and the path gets the file only after
 * a check of its digest. Two processes may do so at once. @returns bytes downloaded
 * @throws UserError for a server that fails or refuses, and for a file with another digest, which is removed
 */
export async function downloadPinned(file: PinnedFile, path: string, settings: DownloadSettings): Promise<number> {
  if ((await sizeOf(path)) !== null && (await sha256File(path)) === file.sha256) return 0;
  await makeFolder(dirname(path));
  const shared = `${path}.part`;
  const isOurs = await lock(shared);
  // Otherwise, another process writes to the shared part.
  const part = isOurs ? shared : `${path}.${process.pid}.part`;
  try {
    const received = await receive(file.url, part, settings);
    const digest = await sha256File(part);
    if (digest !== file.sha256) {
      await rm(part, { force: true });
      throw new UserError(
        `${file.url} has the SHA-256 ${digest} and not ${file.sha256}, so it is not used`,
        'run again, and look at the proxy in between if it happens twice',
      );
    }
    await rename(part, path);
    return received;
  } finally {
    await rm(isOurs ? lockOf(shared) : part, { force: true });
  }
}

const lockOf = (part: string) => `${part}.lock`;

/** @returns false if another running process has the lock */
async function lock(part: string): Promise<boolean> {
  const file = lockOf(part);
  const take = () =>
    writeFile(file, `${process.pid}`, { flag: 'wx' }).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') return false;
        throw error;
      },
    );
  if (await take()) return true;
  if (isRunning(Number(await readFile(file, 'utf8').catch(() => '')))) return false;
  await rm(file, { force: true });
  return take();
}

export function isRunning(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

export function sha256File(path: string): Promise<string> {
  return sha256Stream(createReadStream(path, { highWaterMark: 1024 * 1024 }));
}

async function sizeOf(path: string): Promise<number | null> {
  const info = await stat(path).catch(() => null);
  return info?.isFile() ? info.size : null;
}

async function receive(url: string, part: string, settings: DownloadSettings): Promise<number> {
  const { retryMilliseconds = 500 } = settings;
  const before = (await sizeOf(part)) ?? 0;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await receiveRest(url, part, settings);
      return Math.max(0, ((await sizeOf(part)) ?? 0) - before);
    } catch (error) {
      // fetch throws a TypeError for a connection that cannot be made or breaks.
      if (!(error instanceof TypeError && /fetch failed|terminated|network/i.test(error.message))) throw error;
      if (attempt === ATTEMPTS || isOffline(error)) throw unreachable(url, error);
      await sleep(retryMilliseconds * 2 ** (attempt - 1));
    }
  }
}

async function receiveRest(
  url: string,
  part: string,
  { fetch: request, stallMilliseconds = 60_000 }: DownloadSettings,
): Promise<void> {
  const size = (await sizeOf(part)) ?? 0;
  const abort = new AbortController();
  const stalled = () => abort.abort(new TypeError('network: nothing arrived for some time'));
  let timer = setTimeout(stalled, stallMilliseconds);
  try {
    const response = await request(url, {
      headers: { 'Accept-Encoding': 'identity', ...(size > 0 ? { Range: `bytes=${size}-` } : {}) },
      signal: abort.signal,
    });
    const { status } = response;
    // The part is complete: its digest decides.
    if (status === 416 && size > 0) return;
    if (status >= 500 || status === 408 || status === 429) throw new TypeError(`network: status ${status}`);
    if (!response.ok || response.body === null) {
      throw new UserError(`${url} was refused with status ${status}`, 'check the proxy and the network');
    }
    // A server that does not continue sends the whole file.
    const append = status === 206 && response.headers.get('Content-Range')?.startsWith(`bytes ${size}-`) === true;
    const handle = await open(part, append ? 'a' : 'w');
    try {
      // Each chunk is written before the next one arrives, and kept if the connection breaks.
      for await (const chunk of response.body) {
        clearTimeout(timer);
        await handle.writeFile(chunk);
        timer = setTimeout(stalled, stallMilliseconds);
      }
    } finally {
      await handle.close();
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Retries do not help. */
function isOffline({ cause }: Error): boolean {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return code === 'ENOTFOUND' || code === 'ECONNREFUSED' || code === 'EAI_AGAIN' || code === 'ENETUNREACH';
}

/** The server does not answer, or answers with errors only. */
export class UnreachableError extends UserError {}

function unreachable(url: string, { message, cause }: Error): UnreachableError {
  const reason = cause instanceof Error && cause.message !== '' ? cause.message : message;
  return new UnreachableError(
    `${url} could not be downloaded: ${reason.replace(/^network: /, '')}`,
    'check the network and run again (what has arrived is kept)',
  );
}
