import { sha256 } from '@shadow-gate/platform/files';

/** Characters of the name of a passage. */
export const MOST_PASSAGE = 100;

/** The name of a passage: of a longer text, such as the passage itself, its digest. Null where there is none. */
export function passageName(value: string): string | null {
  const name = value.trim();
  if (name === '') return null;
  return name.length > MOST_PASSAGE ? `sha256:${sha256(name)}` : name;
}
