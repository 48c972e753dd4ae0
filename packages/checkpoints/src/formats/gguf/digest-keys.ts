import { createHash } from 'node:crypto';
import type { GgufMetadata } from './metadata.ts';

/** SHA-256, hexadecimal, of some keys with their types and the bytes of their values, in any order. */
export function digestKeys(metadata: GgufMetadata, keys: readonly string[]): string {
  const hash = createHash('sha256');
  for (const key of [...keys].sort()) {
    const value = metadata.get(key);
    hash.update(JSON.stringify([key, value?.type, value?.type === 'array' ? [value.of, value.length] : null]));
    if (value === null) continue;
    if ('value' in value) hash.update(String(value.value));
    else if ('texts' in value) {
      for (const bytes of metadata.bytesOfStrings(key) ?? []) hash.update(`${bytes.length}:`).update(bytes);
    } else hash.update(value.bytes);
  }
  return hash.digest('hex');
}
