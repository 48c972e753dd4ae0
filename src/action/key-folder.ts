import { createHash } from 'node:crypto';

/** Longer says no more to a reader. */
const MAX_READABLE = 60;

/** A key as a name for a folder, an artifact or a branch: harmless whatever the key, and different for different keys. */
export function folderOf(key: string): string {
  const readable = key
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, MAX_READABLE);
  if (readable === key) return key;
  return `${readable}-${createHash('sha256').update(key).digest('hex').slice(0, 8)}`;
}
