import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseJsonObject } from '../../checkpoint/config/architecture.ts';
import type { TextFileKind } from '../../platform/files/read-text-file.ts';
import { openResolved, readTextInside, resolveInside } from '../../platform/files/resolve-inside.ts';
import { sha256 } from '../../platform/files/sha256.ts';

export type Json = Readonly<Record<string, unknown>>;

/** A file that is there and says nothing that can be compared: no JSON object, a folder, a link out of the checkpoint. */
export interface Unreadable {
  readonly unreadable: string;
}

/** The folder of a checkpoint, or what a GGUF file says in place of the files of one. */
export type Folder = string | { readonly files: Readonly<Record<string, Json | Unreadable>> };

/**
 * A text file of a checkpoint. A file that cannot be read is not the same as none, and no reason not to measure: what
 * needs it says so.
 */
export async function readText(directory: Folder, name: string): Promise<string | Unreadable | null> {
  if (typeof directory !== 'string') return null;
  return reading(() => readTextInside(join(directory, name), kindOf(name)));
}

/** A JSON object of a checkpoint; one that is damaged is known by its bytes. */
export async function readJson(directory: Folder, name: string): Promise<Json | Unreadable | null> {
  if (typeof directory !== 'string') return directory.files[name] ?? null;
  const text = await readText(directory, name);
  if (typeof text !== 'string') return text;
  try {
    return parseJsonObject(text, name);
  } catch {
    return { unreadable: sha256(text) };
  }
}

/** The digest of the bytes of a file. What a GGUF file says is no bytes of its own: it is only there. */
export async function digestFile(directory: Folder, name: string): Promise<string | Unreadable | null> {
  if (typeof directory !== 'string') return name in directory.files ? sha256(name) : null;
  return reading(async () => {
    const real = await resolveInside(directory, name);
    if (real === null) return null;
    const handle = await openResolved(real);
    try {
      if (!(await handle.stat()).isFile()) return NOT_READABLE;
      const hash = createHash('sha256');
      for await (const chunk of handle.createReadStream({ autoClose: false })) hash.update(chunk as Buffer);
      return hash.digest('hex');
    } finally {
      await handle.close();
    }
  });
}

const NOT_READABLE: Unreadable = { unreadable: 'not a readable file of this folder' };

/** The content of a file outside, which may be a secret of the machine, does not even become a digest. */
async function reading<T>(read: () => Promise<T>): Promise<T | Unreadable> {
  try {
    return await read();
  } catch {
    return NOT_READABLE;
  }
}

/** The names of the files in a folder. */
export async function namesIn(directory: Folder): Promise<string[]> {
  return typeof directory === 'string' ? readdir(directory).catch(() => []) : [];
}

function kindOf(file: string): TextFileKind {
  const name = basename(file);
  if (['tokenizer.json', 'vocab.json', 'merges.txt', 'tekken.json'].includes(name)) return 'tokenizer';
  return name.endsWith('.jinja') ? 'template' : 'config';
}

export function isUnreadable(value: unknown): value is Unreadable {
  return typeof value === 'object' && value !== null && 'unreadable' in value && Object.keys(value).length === 1;
}
