import { sha256 } from '@shadow-gate/platform/files';

/** A text without a question, scored from its first token on. */
export interface PlainText {
  /** Number in its file. */
  readonly id: string;
  readonly text: string;
}

export interface TextSuite {
  readonly name: string;
  /** Suites with the same name and digest have the same texts. */
  readonly digest: string;
  readonly texts: readonly PlainText[];
  /** Number of texts in the whole file, of which `texts` may be a part. */
  readonly size: number;
  /** Whether a measurement may have anything that lets someone guess a text. */
  readonly kept: boolean;
}

/** Longer texts are cut: the spread between texts shows how sure a mean is. */
export const MAX_TEXT_BYTES = 2000;

/** About 4,000 tokens of English, which take a small model five seconds. */
export const MAX_SUITE_BYTES = 15_000;

/** With fewer, the spread between them says too little. */
export const LEAST_TEXTS = 5;

/**
 * A suite of these texts: each once, long ones cut, and a sample of many. The sample is the same everywhere, changes
 * little if texts are added, and each of its beginnings is a sample too.
 */
export function textSuite(name: string, all: readonly PlainText[], { kept }: Pick<TextSuite, 'kept'>): TextSuite {
  const known = new Set<string>();
  const different = all
    .map(({ id, text }) => ({ id, text: cutText(text) }))
    .filter(({ text }) => !known.has(text) && known.add(text) && text !== '');
  const keys = new Map(different.map(({ id, text }) => [id, sha256(text)]));
  const drawn = different.toSorted((a, b) => ((keys.get(a.id) ?? '') < (keys.get(b.id) ?? '') ? -1 : 1));
  let bytes = 0;
  const texts = drawn.filter(({ text }) => {
    const size = Buffer.byteLength(text);
    if (bytes + size > MAX_SUITE_BYTES) return false;
    bytes += size;
    return true;
  });
  return {
    name,
    digest: `sha256:${sha256(JSON.stringify(texts))}`,
    texts,
    size: different.length,
    kept,
  };
}

function cutText(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= MAX_TEXT_BYTES) return text;
  let end = MAX_TEXT_BYTES;
  // The first byte that is left out begins a character.
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString();
}
