import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { parseJsonObject } from '../../checkpoint/architecture.ts';
import type { TextFileKind } from '../../platform/read-text-file.ts';
import { openResolved, readTextInside, resolveInside } from '../../platform/resolve-inside.ts';
import { sha256 } from '../../platform/sha256.ts';

export type Json = Readonly<Record<string, unknown>>;

/** A file that is there and says nothing that can be compared: no JSON object, a folder, a link out of the checkpoint. */
export interface Unreadable {
  readonly unreadable: string;
}

/**
 * A text file of a checkpoint. A file that cannot be read is not the same as none, and no reason not to measure: what
 * needs it says so.
 */
export async function readText(directory: string, name: string): Promise<string | Unreadable | null> {
  return reading(() => readTextInside(join(directory, name), kindOf(name)));
}

/** A JSON object of a checkpoint; one that is damaged is known by its bytes. */
export async function readJson(directory: string, name: string): Promise<Json | Unreadable | null> {
  const text = await readText(directory, name);
  if (typeof text !== 'string') return text;
  try {
    return parseJsonObject(text, name);
  } catch {
    return { unreadable: sha256(text) };
  }
}

/** The digest of the bytes of a file. */
export async function digestFile(directory: string, name: string): Promise<string | Unreadable | null> {
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

function kindOf(file: string): TextFileKind {
  const name = basename(file);
  if (name === 'tokenizer.json') return 'tokenizer';
  return name.endsWith('.jinja') ? 'template' : 'config';
}

export function isUnreadable(value: unknown): value is Unreadable {
  return typeof value === 'object' && value !== null && 'unreadable' in value && Object.keys(value).length === 1;
}
