import { readdir } from 'node:fs/promises';
import { parseJsonObject } from '@shadow-gate/checkpoints/config';
import { FolderFiles, openResolved, resolveInside, sha256, sha256Stream } from '@shadow-gate/platform/files';

export type Json = Readonly<Record<string, unknown>>;

/** A file that exists but cannot be compared: not a JSON object, a folder, a link out of the checkpoint. */
interface Unreadable {
  readonly unreadable: string;
}

/** The folder of a checkpoint, or what a GGUF file says in place of its files. */
export type Folder = FolderFiles | { readonly files: Readonly<Record<string, Json | Unreadable>> };

/** A text file of a checkpoint. An unreadable file is not the same as none; whatever needs it reports that. */
export async function readFolderText(folder: Folder, name: string): Promise<string | Unreadable | null> {
  return folder instanceof FolderFiles ? reading(() => folder.text(name)) : null;
}

/** A JSON object of a checkpoint; a damaged one is known by its bytes. */
export async function readFolderJson(folder: Folder, name: string): Promise<Json | Unreadable | null> {
  if (!(folder instanceof FolderFiles)) return folder.files[name] ?? null;
  const text = await readFolderText(folder, name);
  if (typeof text !== 'string') return text;
  try {
    return parseJsonObject(text, name);
  } catch {
    return { unreadable: sha256(text) };
  }
}

/** The digest of the bytes of a file. Files inside a GGUF file have no bytes of their own: they only exist. */
export async function digestFile(folder: Folder, name: string): Promise<string | Unreadable | null> {
  if (!(folder instanceof FolderFiles)) return name in folder.files ? sha256(name) : null;
  return reading(async () => {
    // A file that is too large to be kept has a digest too.
    const bytes = await folder.bytes(name).catch(() => undefined);
    if (bytes === undefined) return digestLargeFile(folder.path, name);
    return bytes && sha256(bytes);
  });
}

async function digestLargeFile(folder: string, name: string): Promise<string | Unreadable | null> {
  const real = await resolveInside(folder, name);
  if (real === null) return null;
  const handle = await openResolved(real);
  try {
    if (!(await handle.stat()).isFile()) return NOT_READABLE;
    return await sha256Stream(handle.createReadStream({ autoClose: false }));
  } finally {
    await handle.close();
  }
}

const NOT_READABLE: Unreadable = { unreadable: 'not a readable file of this folder' };

/** A file outside may be a secret of the machine: its content does not even become a digest. */
async function reading<T>(read: () => Promise<T>): Promise<T | Unreadable> {
  try {
    return await read();
  } catch {
    return NOT_READABLE;
  }
}

export async function namesIn(folder: Folder): Promise<string[]> {
  return folder instanceof FolderFiles ? readdir(folder.path).catch(() => []) : [];
}

export function isUnreadable(value: unknown): value is Unreadable {
  return typeof value === 'object' && value !== null && 'unreadable' in value && Object.keys(value).length === 1;
}
